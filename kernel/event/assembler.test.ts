import { describe, expect, it } from '@jest/globals'
import { announce, header, kill, row, startAssembler, summary, TABLE } from './assembler.testkit.ts'

describe('whose dump it is', () => {
  it('gives a kill line alone no dump', () => {
    const { outcomes, say } = startAssembler()
    say(kill(7))
    expect(outcomes).toEqual([expect.objectContaining({ sequence: 100, eventSequence: 100, rawLines: [kill(7)] })])
    expect(outcomes[0]?.dump).toBeUndefined()
  })

  it('gives a kill no dump that announced another victim', () => {
    const { outcomes, say, assembler } = startAssembler()
    say(header('a'), announce(7), kill(8))
    expect(summary(outcomes)).toEqual([{ sequence: 102, event: 102, pid: 8, trigger: undefined }])
    expect(assembler.counters.mismatchedDumps).toBe(1)
  })

  it('gives a kill no dump whose table does not list it', () => {
    const { outcomes, say } = startAssembler()
    say(header('a'), TABLE, row(7), kill(8))
    expect(outcomes[0]?.dump).toBeUndefined()
  })

  it('does not give a later dump to an earlier kill', () => {
    const { outcomes, say } = startAssembler()
    say(kill(7), header('b'), TABLE, row(8), announce(8), kill(8))
    expect(summary(outcomes)).toEqual([
      { sequence: 100, event: 100, pid: 7, trigger: undefined },
      { sequence: 105, event: 101, pid: 8, trigger: 'b' },
    ])
  })

  it('takes the second Mem-Info for somebody else’s, and no second zone that begins alike', () => {
    const { outcomes, say } = startAssembler()
    const zones = ['Movable free:1024kB min:8kB', 'Movable free:2048kB min:8kB']
    say(header('a'), 'Mem-Info:', ...zones, 'Mem-Info:', 'Normal free:8kB min:8kB', announce(7), kill(7))
    expect(outcomes[0]?.dump?.memoryLines).toEqual(['Mem-Info:', ...zones])
  })

  it('uses a dump once', () => {
    const { outcomes, say } = startAssembler()
    say(header('a'), TABLE, row(7), row(8), announce(7), kill(7), kill(8))
    expect(outcomes.map(({ dump }) => dump !== undefined)).toEqual([true, false])
  })

  it('lets go of a dump when records were lost before its kill line', () => {
    const { outcomes, say, push, assembler } = startAssembler()
    say(header('a'), TABLE, row(7))
    push({ sequence: 500, text: kill(7) })
    expect(summary(outcomes)).toEqual([{ sequence: 500, event: 500, pid: 7, trigger: undefined }])
    expect(assembler.counters.abandonedDumps).toBe(1)
  })

  it('takes what is left of a dump whose head was overwritten', () => {
    const { outcomes, say } = startAssembler()
    say('Free swap  = 0kB', TABLE, row(7), announce(7), kill(7))
    expect(outcomes[0]).toMatchObject({ eventSequence: 100, dump: { tasks: [{ pid: 7 }], swapFreeKib: 0 } })
    expect(outcomes[0]?.dump?.trigger).toBeUndefined()
  })

  it('takes memory lines without a header for nobody’s', () => {
    const { outcomes, say } = startAssembler()
    say('Mem-Info:', 'Free swap  = 0kB', kill(7))
    expect(outcomes[0]).toMatchObject({ eventSequence: 102, rawLines: [kill(7)] })
  })

  it('leaves out the Mem-Info of a failed allocation, before and within an event', () => {
    const { outcomes, say } = startAssembler()
    say('kworker/1:1: page allocation failure: order:9, mode:0x4cc0', 'Mem-Info:', '111 pages RAM')
    say(
      header('a'),
      'Mem-Info:',
      '222 pages RAM',
      'b: page allocation failure: order:0',
      'Mem-Info:',
      '1 pages reserved',
    )
    say(TABLE, row(7), announce(7), kill(7))
    expect(outcomes[0]?.dump).toMatchObject({ ramPages: 222, memoryLines: ['Mem-Info:', '222 pages RAM'] })
    expect(outcomes[0]?.dump?.reservedPages).toBeUndefined()
  })

  it('ignores what else is printed in between', () => {
    const { outcomes, say } = startAssembler()
    say(header('a'), 'eth0: link up', TABLE, row(7), 'usb 1-1: Product: Killed process 1 (init)', announce(7))
    say('usb 2-1: new device', kill(7), 'oom_reaper: reaped process 7 (x), now anon-rss:0kB')
    expect(outcomes).toHaveLength(1)
    expect(outcomes[0]?.rawLines).toEqual([header('a'), TABLE, row(7), announce(7), kill(7)])
  })

  it('takes events of several callers apart', () => {
    const { outcomes, push } = startAssembler()
    const texts = (command: string, pid: number) => [header(command), TABLE, row(pid), announce(pid), kill(pid)]
    const second = texts('b', 8)
    for (const [at, text] of texts('a', 7).entries()) {
      push({ caller: 'T1', text })
      push({ caller: 'T2', text: second[at] ?? '' })
    }
    expect(summary(outcomes)).toMatchObject([
      { event: 100, pid: 7, trigger: 'a' },
      { event: 101, pid: 8, trigger: 'b' },
    ])
  })

  it('takes the pair of kill lines before 5.1 for one kill, whoever dies in the end', () => {
    const { outcomes, say } = startAssembler()
    say(header('a'), TABLE, row(7), 'Memory cgroup out of memory: Kill process 7 (x) score 990 or sacrifice child')
    say('Killed process 9 (child) total-vm:4000kB, anon-rss:4kB, file-rss:0kB')
    expect(summary(outcomes)).toEqual([{ sequence: 104, event: 100, pid: 9, trigger: 'a' }])
    expect(outcomes[0]).toMatchObject({ message: 'Memory cgroup out of memory' })
  })

  it.each([
    'OOM victim 1 (x[9]: segfault at 0 ip 0',
    'Kill process 1 [9]: segfault at 0 ip 0',
    'Mem-Info:[9]: segfault at 0 ip 0',
    'oom-kill:constr[9]: segfault at 0 ip 0',
    'Killed process [9]: segfault at 0 ip 0',
    'memory: usage 1[9]: segfault at 0 ip 0',
  ])('loses no dump to a message that begins with a hostile command: %j', (text) => {
    const { outcomes, say } = startAssembler()
    say(header('a'), text, 'Mem-Info:', '222 pages RAM', TABLE, text, row(7), announce(7), text, kill(7))
    expect(outcomes).toEqual([expect.objectContaining({ dump: expect.objectContaining({ ramPages: 222 }) })])
  })
})
