import { describe, expect, it } from '@jest/globals'
import { parseOomDump } from '#kernel/dump/parseOomDump.ts'
import { gatherFacts } from './facts.ts'
import { announce, caseOf, factsOf, HEAD, killOf, machineLines, row, TABLE } from './facts.testkit.ts'

const LIMIT = 'memory: usage 32768kB, limit 32768kB, failcnt 59'
const MEMCG = announce('CONSTRAINT_MEMCG', 'oom_memcg=/a,task_memcg=/a')

describe('gatherFacts', () => {
  it('believes the kill line over CONSTRAINT_NONE', () => {
    const lines = [...HEAD, LIMIT, announce('CONSTRAINT_NONE', 'oom_memcg=/a,task_memcg=/a')]
    const kill = killOf(7, 'app', 1000).replace('Out of memory', 'Memory cgroup out of memory')
    expect(factsOf([...lines, kill])).toMatchObject({ isMemcg: true, wholeKib: 32_768 })
    expect(factsOf([...lines, killOf(7, 'app', 1000)])).toMatchObject({ isMemcg: false })
  })

  it('takes the machine’s RAM, else its zones, for the whole', () => {
    expect(factsOf([...HEAD, ...machineLines()]).wholeKib).toBe(4_194_304)
    expect(factsOf([...HEAD, 'Node 0 Normal free:1kB min:1kB low:1kB high:1kB present:4000kB']).wholeKib).toBe(4000)
    expect(factsOf(HEAD).wholeKib).toBeUndefined()
  })

  it.each([
    ['memory+swap: usage 32768kB, limit 9007199254740988kB, failcnt 0', undefined, undefined],
    ['memory+swap: usage 40000kB, limit 65536kB, failcnt 0', 32_768, 25_536],
    ['memory+swap: usage 32768kB, limit 32768kB, failcnt 0', 0, 0],
    ['swap: usage 24kB, limit 1024kB, failcnt 0', 1024, 1000],
    ['swap: usage 24kB, limit 0kB, failcnt 0', 0, 0],
  ])('reads from %s what a cgroup may swap', (line, swapTotalKib, swapFreeKib) => {
    expect(factsOf([...HEAD, LIMIT, line, MEMCG])).toMatchObject({ swapTotalKib, swapFreeKib })
  })

  it.each([
    [
      ['[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name', '[    7]     0     7 1 1 1 0 0 x'],
      3010,
    ],
    [[TABLE, row(7, 'x', 1)], 5004],
    [[], 5004],
  ])('tells the era from the shape where no release is printed', (lines, version) => {
    expect(factsOf(lines).version).toBe(version)
  })

  it('says nothing of a kill line alone', () => {
    const facts = gatherFacts({ ...caseOf([killOf(7, 'app', 1000)]), dump: undefined })
    expect(facts).toMatchObject({ isMemcg: false, wholeKib: undefined, kinds: [], groups: [] })
    expect(gatherFacts({ outcome: 'panic', victims: [], dump: parseOomDump([]) }).groups).toEqual([])
  })
})
