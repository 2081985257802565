import { describe, expect, it } from '@jest/globals'
import { announce, GROUP, header, kill, row, startAssembler, summary, TABLE } from './assembler.testkit.ts'

describe('group kills', () => {
  it('share event and dump, the first victim being told twice', () => {
    const { outcomes, say, assembler } = startAssembler()
    say(header('a'), TABLE, row(7), row(8), announce(7), kill(7), GROUP, kill(7))
    expect(assembler.openSequence()).toBe(100)
    say('oom_reaper: reaped process 7 (x)', kill(8), kill(9))
    expect(summary(outcomes).map(({ event, pid }) => [event, pid])).toEqual([
      [100, 7],
      [100, 7],
      [100, 8],
      [100, 9],
    ])
    expect(new Set(outcomes.map(({ dump }) => dump)).size).toBe(1)
    expect(outcomes[3]?.rawLines.slice(-3)).toEqual([kill(7), GROUP, kill(9)])
  })

  it('share an event when the dump was suppressed', () => {
    const { outcomes, say } = startAssembler()
    say(kill(7), GROUP, kill(7), kill(8))
    expect(outcomes.map(({ eventSequence }) => eventSequence)).toEqual([100, 100, 100])
  })

  it('say which cgroup goes whole, from the second line on', () => {
    const { outcomes, say } = startAssembler()
    say(kill(7), GROUP, kill(7), kill(8), header('b'), announce(9), kill(9))
    const groups = outcomes.map((outcome) => outcome.outcome === 'killed' && outcome.groupCgroup)
    expect(groups).toEqual([undefined, '/a', '/a', undefined])
  })

  it('say it also of a cgroup whose name looks like the line’s end', () => {
    const { outcomes, say } = startAssembler()
    const hostile = '/a are going to be killed due to memory.oom.group set'
    say(kill(7), GROUP.replace('/a', hostile), kill(8))
    expect(outcomes[1]).toMatchObject({ groupCgroup: hostile })
  })

  it('end with time, and then hold no cursor back', () => {
    const { outcomes, say, push, assembler } = startAssembler()
    say(header('a'), TABLE, row(7), row(8), announce(7), kill(7), GROUP, kill(8))
    push({ monotonicUsec: 5_000_000, text: kill(8) })
    expect(outcomes.at(-1)).toMatchObject({ eventSequence: 108, rawLines: [kill(8)] })
    expect(assembler.openSequence()).toBeUndefined()
  })

  it('end with the next event', () => {
    const { outcomes, say } = startAssembler()
    say(kill(7), GROUP, kill(8), header('b'), announce(9), kill(9), kill(10))
    expect(outcomes.map(({ eventSequence }) => eventSequence)).toEqual([100, 100, 103, 106])
  })
})

describe('outcomes without a victim', () => {
  const NONE = 'Out of memory and no killable processes...'

  it('tells once that nothing could be killed, before the panic that follows', () => {
    const { outcomes, say } = startAssembler()
    say(header('a'), TABLE, row(7), NONE, 'Kernel panic - not syncing: System is deadlocked on memory')
    expect(summary(outcomes)).toEqual([{ sequence: 103, event: 100, pid: 'noKillable', trigger: 'a' }])
  })

  it.each([
    'Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled',
    'Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled',
    'Kernel panic - not syncing: Out of memory and no killable processes...',
    'Kernel panic - not syncing: System is deadlocked on memory',
  ])('tells the panic %j', (text) => {
    const { outcomes, say } = startAssembler()
    say(header('a'), text)
    expect(summary(outcomes)).toEqual([{ sequence: 101, event: 100, pid: 'panic', trigger: 'a' }])
  })

  it('does not mind other panics', () => {
    const { outcomes, say } = startAssembler()
    say('Kernel panic - not syncing: Fatal exception')
    expect(outcomes).toEqual([])
  })

  it('counts a victim that was exiting already as nobody’s kill', () => {
    const { outcomes, say, assembler } = startAssembler()
    say(header('a'), announce(7), 'Out of memory: OOM victim 7 (x) is already exiting. Skip killing the task', kill(8))
    expect(summary(outcomes)).toMatchObject([{ pid: 8, trigger: undefined }])
    expect(assembler.counters.skippedKills).toBe(1)
  })
})

describe('what user space writes', () => {
  it('is counted as forged and makes no outcome', () => {
    const { outcomes, push, assembler } = startAssembler()
    for (const text of [header('a'), announce(7), kill(7), 'Out of memory and no killable processes...', 'hello'])
      push({ facility: 1, text })
    expect(outcomes).toEqual([])
    expect(assembler.counters).toMatchObject({ forgedKillLines: 2, forgedDumpLines: 2 })
  })

  it('does not disturb the kernel’s own dump', () => {
    const { outcomes, say, push } = startAssembler()
    say(header('a'))
    push({ facility: 3, text: kill(1) })
    push({ facility: 3, text: announce(1) })
    say(announce(7), kill(7))
    expect(summary(outcomes)).toMatchObject([{ event: 100, pid: 7, trigger: 'a' }])
  })
})

describe('what is held', () => {
  it('names the first record of an unfinished event, and gives it up after a minute', () => {
    const { say, push, assembler } = startAssembler()
    say('eth0: up', header('a'), TABLE)
    expect(assembler.openSequence()).toBe(101)
    push({ monotonicUsec: 61_000_000, text: 'eth0: down' })
    expect(assembler.openSequence()).toBeUndefined()
    expect(assembler.counters.abandonedDumps).toBe(1)
  })

  it('is bounded where an announcement never ends, or comes again and again', () => {
    const { outcomes, say, push } = startAssembler()
    say(header('a'))
    push({ text: announce(7).slice(0, 90) })
    for (let more = 0; more < 1000; more++) push({ text: 'x'.repeat(900), continuation: true })
    for (let again = 0; again < 3000; again++) say(announce(7, 'x', `/${'long'.repeat(200)}`))
    say(kill(7))
    const bytes = outcomes[0]?.rawLines.reduce((sum, line) => sum + line.length, 0)
    expect(bytes).toBeLessThan(256 * 1024 + 32 * 1024)
    expect(outcomes[0]?.dump?.trigger?.command).toBe('a')
  })

  it('is bounded: the head and the decision are kept, the rest is counted', () => {
    const { outcomes, say, assembler } = startAssembler()
    say(header('a'), TABLE)
    for (let pid = 10_000; pid < 50_000; pid++) say(row(pid, pid, 'a-longer-name'))
    say(announce(10_001), kill(10_001))
    const { dump, rawLines = [] } = outcomes[0] ?? {}
    expect(dump?.tasks.length).toBeGreaterThan(20_000)
    expect(assembler.counters.overflowLines).toBe(40_000 - (dump?.tasks.length ?? 0))
    expect(rawLines[0]).toBe(header('a'))
    expect(rawLines.slice(-2)).toEqual([announce(10_001), kill(10_001)])
    expect(Buffer.byteLength(rawLines.join(''))).toBeLessThanOrEqual(256 * 1024)
  })

  it('does not grow with the callers that begin and never end', () => {
    const { push, assembler } = startAssembler()
    for (let thread = 0; thread < 1000; thread++) push({ caller: `T${thread}`, text: header('a') })
    expect(assembler.openSequence()).toBe(1099 - 63)
    expect(assembler.counters.abandonedDumps).toBe(1000 - 64)
  })
})
