import { describe, expect, it } from '@jest/globals'
import { announce, factsOf, HEAD, killOf, machineLines } from './facts.testkit.ts'
import { explainWorth } from './worth.ts'
import { explainZones } from './zones.ts'

function worthOf(...lines: string[]) {
  const facts = factsOf(lines)
  return explainWorth(facts, explainZones(facts).zones)
}

const ZONE = 'Node 0 Normal free:10000kB min:20000kB low:25000kB high:30000kB'
const MACHINE = [...HEAD, ...machineLines(), ZONE]

describe('explainWorth', () => {
  it('says that what those held who are not listed is not counted', () => {
    const facts = factsOf([...MACHINE, killOf(7, 'app', 2_000_000)])
    const worth = explainWorth({ ...facts, oomCase: { ...facts.oomCase, moreVictims: 11 } }, explainZones(facts).zones)
    expect(worth.statements.map(({ text }) => text)).toContain('What those that are not listed held is not in that.')
  })

  it('is worth it where the zones come above their high watermarks', () => {
    const worth = worthOf(...MACHINE, killOf(7, 'app', 2_000_000))
    expect(worth).toMatchObject({ freedKib: 2_000_064, neededKib: 20_000, enough: true })
    expect(worth.statements[0]?.text).toBe(
      'Killing app freed 1.9 GiB of 4 GiB (48 %); the zones lacked 19.5 MiB to their high watermarks: enough for now.',
    )
  })

  it.each([
    ['less than the zones lack', 19_000],
    ['less than a hundredth of the whole', 41_000],
  ])('is not where it freed %s: the next kill follows', (_case, anonKib) => {
    const worth = worthOf(...MACHINE, killOf(7, 'app', anonKib))
    expect(worth.enough).toBe(false)
    expect(worth.statements[0]?.text).toMatch(/: the next kill follows\.$/)
  })

  it('adds up the victims of a group kill', () => {
    const worth = worthOf(...MACHINE, killOf(7, 'app', 100_000), killOf(8, 'helper', 100_000))
    expect(worth.freedKib).toBe(200_128)
    expect(worth.statements[0]?.text).toMatch(/^Killing app and 1 more freed 195 MiB/)
  })

  it('weighs a cgroup’s kill against the request and the limit', () => {
    const lines = [
      ...HEAD,
      'memory: usage 32768kB, limit 32768kB, failcnt 5',
      announce('CONSTRAINT_MEMCG', 'oom_memcg=/a,task_memcg=/a'),
    ]
    const worth = worthOf(...lines, killOf(7, 'app', 30_000).replace('Out of memory', 'Memory cgroup out of memory'))
    expect(worth.statements[0]?.text).toBe(
      'Killing app freed 29.4 MiB of 32 MiB (92 %); 4 KiB was asked for: enough for now.',
    )
  })

  it('says of more than the limit that it cannot all have come free', () => {
    const lines = [
      ...HEAD,
      'memory: usage 32768kB, limit 32768kB, failcnt 5',
      announce('CONSTRAINT_MEMCG', 'oom_memcg=/a,task_memcg=/a'),
    ]
    const kills = [killOf(7, 'app', 30_000), killOf(8, 'app', 30_000)]
    const worth = worthOf(...lines, ...kills.map((kill) => kill.replace('Out of', 'Memory cgroup out of')))
    expect(worth.statements.slice(0, 2).map(({ text }) => text)).toEqual([
      'Killing app and 1 more freed 58.7 MiB (more than the limit of 32 MiB); 4 KiB was asked for: enough for now.',
      expect.stringMatching(
        /^That is more than the cgroup can hold: what the victims share is counted for each, .* 6\.2; other/,
      ),
    ])
  })

  it('says that shared memory stays', () => {
    const worth = worthOf(...MACHINE, killOf(7, 'app', 2_000_000).replace('shmem-rss:0kB', 'shmem-rss:2048kB'))
    expect(worth.statements[1]?.text).toMatch(/^Shared memory it had mapped, 2 MiB, stays/)
  })

  it('gives no verdict without anything to weigh against', () => {
    const worth = worthOf(killOf(7, 'app', 2000))
    expect(worth.enough).toBeUndefined()
    expect(worth.statements[0]?.text).toBe('Killing app freed 2 MiB.')
    expect(worthOf('Out of memory: Killed process 7 (app).').statements[0]?.text).toBe(
      'What killing app freed is not printed.',
    )
    expect(worthOf(...HEAD).statements[0]?.text).toBe('Nothing was freed: nobody was killed.')
  })
})
