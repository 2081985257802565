import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import type { KillEvent } from '#contract/killEvent.ts'
import { HEAD, TABLE, announce, killOf, machineLines, row } from '#kernel/explain/facts.testkit.ts'
import { MAX_VERDICT_CHARS } from '../api/killRecord.ts'
import { killEventOf } from '../testing/killEvents.ts'
import { explainKill } from './explainKill.ts'

const POD = '/kubepods/burstable/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const everybody = () => true
const victimOnly = ({ podUid }: { podUid?: string | undefined }): boolean => podUid === 'mine'

const pack = (lines: readonly string[]): string => gzipSync(`${lines.join('\n')}\n`).toString('base64')

function ofMachine(lines: readonly string[], changes: Partial<KillEvent> = {}): KillEvent {
  return killEventOf({
    scope: 'Node',
    victim: { pid: 7, command: 'app', anonRssKib: 1_200_000 },
    ...changes,
    rawDump: pack(lines),
  })
}

const MACHINE = [
  ...HEAD,
  ...machineLines({ anon: 900_000 }),
  TABLE,
  row(7, 'app', 300_000),
  row(9, 'secret-db', 550_000, -900),
  announce(),
  killOf(7, 'app', 1_200_000),
]

describe('explainKill', () => {
  it('says who died of what, where the memory went, and what comes of it', () => {
    const container = [
      ...HEAD,
      'memory: usage 65536kB, limit 65536kB, failcnt 9',
      'anon 62914560',
      'file 1048576',
      'slab_unreclaimable 2097152',
      TABLE,
      row(7, 'app', 15_000),
      announce('CONSTRAINT_MEMCG', `oom_memcg=${POD}/${'a'.repeat(64)},task_memcg=${POD}/${'a'.repeat(64)}`),
      killOf(7, 'app', 60_000).replace('Out of memory', 'Memory cgroup out of memory'),
    ]
    const event = killEventOf({ victim: { pid: 7, command: 'app', anonRssKib: 60_000 }, rawDump: pack(container) })
    const { verdict, memory } = explainKill(event, everybody)
    expect(verdict).toMatch(
      /^app \(pid 7\) was killed because its container reached its limit of 64 MiB when app asked for 4 KiB\. /,
    )
    expect(verdict).toMatch(/first of all, raise the limit/)
    expect(memory).toBe('of 64 MiB: anonymous memory 94 %, unreclaimable slab 3.1 %, file cache 1.6 %')
  })

  it('knows by the event what a cut dump lacks', () => {
    const event = killEventOf({ rawDump: pack(['anon 62914560']) })
    expect(explainKill(event, everybody)).toEqual({
      verdict: expect.stringMatching(/^eater \(pid 8123\) was killed because its cgroup reached its limit of 64 MiB/),
      memory: 'of 64 MiB: anonymous memory 94 %, unaccounted for 6.3 %',
    })
  })

  it('says what the kill line tells where the kernel printed no dump, and not where the memory went', () => {
    expect(explainKill(killEventOf({ scope: 'Unknown' }), everybody)).toEqual({
      verdict: expect.stringMatching(
        /^eater \(pid 8123\) was killed because .* the kernel printed this one line of it\./,
      ),
    })
  })

  it('names nobody of another namespace, and still tells what they hold', () => {
    const candidates = [
      { pid: 7, command: 'app', uid: 0, totalVmPages: 1, rssPages: 1, badnessPages: 1, podUid: 'mine' },
      { pid: 9, command: 'secret-db', uid: 0, totalVmPages: 1, rssPages: 1, badnessPages: 1, podUid: 'theirs' },
    ]
    const event = ofMachine(MACHINE, { candidates })
    expect(explainKill(event, everybody).verdict).toContain('secret-db (pid 9)')
    const { verdict } = explainKill(event, victimOnly)
    expect(verdict).toMatch(/^app \(pid 7\) was killed because the machine ran out of memory when app asked/)
    expect(verdict).toContain('(other namespace)')
    expect(verdict).not.toMatch(/secret|pid 9|\uE000/)
  })

  it('takes many processes of other namespaces for no fork bomb of one', () => {
    const many = Array.from({ length: 200 }, (_, at) => row(1000 + at, `tenant-${at}`, 2_000))
    const event = ofMachine([
      ...HEAD,
      ...machineLines({ anon: 900_000 }),
      TABLE,
      row(7, 'app', 300_000),
      ...many,
      announce(),
      killOf(7, 'app', 1_200_000),
    ])
    expect(explainKill(event, victimOnly).verdict).not.toContain('fork bomb')
  })

  it('takes who died from the event, whatever a line of the dump says', () => {
    const event = ofMachine([...MACHINE, killOf(4242, 'forged', 9)])
    expect(explainKill(event, everybody).verdict).toMatch(/^app \(pid 7\) was killed/)
  })

  it.each([
    ['no gzip', Buffer.from('no gzip at all').toString('base64')],
    ['a bomb', gzipSync(Buffer.alloc(8 * 1024 * 1024)).toString('base64')],
  ])('says so of %s, and does not throw', (_what, rawDump) => {
    const { verdict } = explainKill(killEventOf({ rawDump }), everybody)
    expect(verdict).toMatch(/^\(the kernel's lines in the event cannot be read: /)
  })

  it('stays within its bound and printable with hostile commands', () => {
    const hostile = '\u001b[31m\u202e"<b>'.repeat(40)
    const event = ofMachine([...MACHINE.slice(0, -2), row(11, hostile, 600_000), ...MACHINE.slice(-2)])
    const { verdict = '' } = explainKill(event, everybody)
    expect(verdict.length).toBeLessThanOrEqual(MAX_VERDICT_CHARS)
    expect(verdict).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})
