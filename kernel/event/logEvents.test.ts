import { describe, expect, it } from '@jest/globals'
import { announce, GROUP, header, kill, row, TABLE } from './assembler.testkit.ts'
import { eventsOf } from './logEvents.testkit.ts'

function dmesg(...texts: string[]): string {
  return texts.map((text, at) => `[    1.${String(at).padStart(6, '0')}] ${text}`).join('\n')
}

describe('LogEvents', () => {
  it('tells one event of a kill, with its place and what the log does not have of it', () => {
    const [event, ...others] = eventsOf(`noise\n${dmesg(header('a'), TABLE, row(7), announce(7), kill(7))}`)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      outcome: 'killed',
      line: 2,
      monotonicUsec: 1_000_000,
      message: 'Memory cgroup out of memory',
      victims: [{ pid: 7 }],
      dump: { trigger: { command: 'a' } },
      missing: ['processor', 'memory'],
    })
  })

  it('puts a group kill together, and its first victim, printed twice, once', () => {
    const log = dmesg(header('a'), TABLE, row(7), row(8), announce(7), kill(7), GROUP, kill(7), kill(8))
    expect(eventsOf(log).map(({ victims }) => victims.map(({ pid }) => pid))).toEqual([[7, 8]])
  })

  it('lists 10,000 victims of one group kill, and counts the others', () => {
    const others = Array.from({ length: 10_010 }, (_, at) => kill(1_000 + at))
    const log = [header('a'), announce(7), kill(7), GROUP, ...others, kill(7)].map((text) => `[    1.000000] ${text}`)
    const [event, ...rest] = eventsOf(log.join('\n'))
    expect(rest).toEqual([])
    expect(event?.victims).toHaveLength(10_000)
    expect(event?.moreVictims).toBe(11)
  })

  it('tells what was cut off', () => {
    const [killed, cut] = eventsOf(dmesg(announce(7), kill(7), header('b'), 'Mem-Info:', '9 pages RAM'))
    expect(killed).toMatchObject({ outcome: 'killed', missing: ['header', 'processor', 'memory', 'taskTable'] })
    expect(cut).toMatchObject({
      outcome: 'undecided',
      victims: [],
      dump: { trigger: { command: 'b' }, ramPages: 9 },
      missing: ['processor', 'taskTable', 'decision', 'outcome'],
    })
  })

  it('takes a Movable zone without a node for no second Mem-Info', () => {
    const zone = 'free:4kB min:1kB low:2kB high:3kB present:8kB managed:8kB'
    const memory = ['Mem-Info:', `Normal ${zone}`, `Movable ${zone}`, 'Movable: 1*4kB (M) = 4kB', '9 pages RAM']
    const [event] = eventsOf(dmesg(header('a'), ...memory, TABLE, row(7), announce(7), kill(7)))
    expect(event?.dump).toMatchObject({ ramPages: 9, memoryLines: expect.arrayContaining([`Movable ${zone}`]) })
  })

  it('takes apart two oom-kill lines whose kills are lost', () => {
    const events = eventsOf([announce(7, 'x', '/a'), announce(8, 'y', '/b')].join('\n'))
    expect(events.map(({ outcome, dump }) => [outcome, dump?.announcedVictim?.pid, dump?.cgroup.oom])).toEqual([
      ['undecided', 7, '/a'],
      ['undecided', 8, '/b'],
    ])
  })

  it('joins the oom-kill line that other output was printed into', () => {
    const [start, end] = [
      'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/a,task_memcg=in',
      ',task=x,pid=7,uid=0',
    ]
    const [event, ...others] = eventsOf(dmesg(start, 'BUG: KASAN: global-out-of-bounds', end, kill(7)))
    expect(others).toEqual([])
    expect(event?.dump).toMatchObject({ constraint: 'Memcg', cgroup: { oom: '/a' }, announcedVictim: { pid: 7 } })
    expect(event?.dump?.cgroup.task).toBeUndefined()
  })

  it('tells a victim that was exiting already, and nobody to kill', () => {
    const skipped = 'Memory cgroup out of memory: OOM victim 7 (x) is already exiting. Skip killing the task'
    const none = 'Out of memory and no killable processes...'
    const events = eventsOf(dmesg(header('a'), TABLE, row(7), announce(7), skipped, header('b'), TABLE, none))
    expect(events.map(({ outcome, missing }) => [outcome, missing])).toEqual([
      ['skipped', ['processor', 'memory']],
      ['noKillable', ['processor', 'memory']],
    ])
  })

  it('takes events of several callers apart', () => {
    const texts = [header('a'), header('b'), row(7), row(8), announce(7), announce(8), kill(8), kill(7)]
    const callers = [1, 2, 1, 2, 1, 2, 2, 1]
    const log = texts.map((text, at) => `[    1.00000${at}][    T${callers[at]}] ${text}`).join('\n')
    expect(eventsOf(log).map(({ line, victims, dump }) => [line, dump?.trigger?.command, victims[0]?.pid])).toEqual([
      [1, 'a', 7],
      [2, 'b', 8],
    ])
  })

  it('knows the release from a line that is not the event’s', () => {
    const log = dmesg('Linux version 6.1.0-13 (build@host) #1 SMP', header('a'), row(7), kill(7))
    expect(eventsOf(log)[0]).toMatchObject({ kernelRelease: '6.1.0-13' })
  })

  it.each([
    'x: page allocation failure: order:0, mode:0xcc0(GFP_KERNEL)',
    'earlyoom[5]: sending SIGTERM to process 7 uid 0 "x": badness 900, VmRSS 12 MiB',
    'systemd-oomd[5]: Killed /user.slice/a due to memory pressure for /user.slice being 92% > 50%',
    'I0301 10:00:00.000123 4000 log_monitor.go:159] New status: Memory cgroup out of memory: Killed process 7 (x)',
    'lowmemorykiller: Killing x (7), adj 1000',
  ])('is not misled by %s', (text) => {
    expect(eventsOf(dmesg(text, 'Mem-Info:', '9 pages RAM'))).toEqual([])
  })

  it('does not believe user space', () => {
    const log = [header('a'), TABLE, row(7), kill(7)].map((text) => `Jun  4 17:19:10 h npd[3]: ${text}`).join('\n')
    expect(eventsOf(log)).toEqual([])
  })
})
