import { describe, expect, it } from '@jest/globals'
import { isChoiceLine, isSkippedLine, parseChoiceLine, parseExhausted, parseKillLine } from './killLine.ts'

const FIGURES =
  'total-vm:35204kB, anon-rss:32256kB, file-rss:1588kB, shmem-rss:8kB, UID:42 pgtables:108kB oom_score_adj:-5'

describe('parseKillLine', () => {
  it('reads every figure of a current line', () => {
    expect(parseKillLine(`Memory cgroup out of memory: Killed process 12950 (tail) ${FIGURES}`)).toEqual({
      message: 'Memory cgroup out of memory',
      victim: {
        pid: 12950,
        command: 'tail',
        uid: 42,
        totalVmKib: 35204,
        anonRssKib: 32256,
        fileRssKib: 1588,
        shmemRssKib: 8,
        pgtablesKib: 108,
        oomScoreAdj: -5,
      },
    })
  })

  it.each([
    ['the bare form', 'Killed process 4711 (eater)', { pid: 4711, command: 'eater' }],
    ['the form with a full stop', 'Out of memory: Killed process 7 (eater).', { pid: 7, command: 'eater' }],
    [
      'the form of el6',
      'Killed process 20557, UID 188, (haproxy) total-vm:8560500kB, anon-rss:12468kB, file-rss:264kB',
      { pid: 20557, uid: 188, command: 'haproxy', totalVmKib: 8560500, anonRssKib: 12468, fileRssKib: 264 },
    ],
    ['vsz for total-vm', 'Killed process 5 (x) vsz:12kB, anon-rss:4kB, file-rss:0kB', { pid: 5, totalVmKib: 12 }],
    [
      'shmem-rss without what came after it',
      'Killed process 4712 (db) total-vm:3kB, anon-rss:2kB, file-rss:0kB, shmem-rss:1kB',
      { shmemRssKib: 1, uid: undefined, pgtablesKib: undefined, oomScoreAdj: undefined },
    ],
    [
      'the form of OpenVZ',
      'Out of memory in UB 1234: OOM killed process 21738 (php-cgi) score 0 vm:281988kB, rss:17004kB, swap:0kB',
      { pid: 21738, command: 'php-cgi', totalVmKib: 281988, anonRssKib: undefined },
    ],
    ['the allocating task', `Out of memory (oom_kill_allocating_task): Killed process 8 (x) ${FIGURES}`, { pid: 8 }],
    ['no command at all', 'Out of memory: Killed process 9', { pid: 9, command: '' }],
    [
      'a line that a log ran into the next one',
      'Killed process 5 (x) total-vm:4kB, anon-rss:3kBKilled process 6 (y) total-vm:8kB, anon-rss:7kB',
      { pid: 5, command: 'x', totalVmKib: 4, anonRssKib: 3 },
    ],
    [
      'a command that dmesg escaped',
      `Killed process 5 (${'\\x1b'.repeat(15)}) total-vm:4kB`,
      { command: '\\x1b'.repeat(15), totalVmKib: 4 },
    ],
    ['figures of a later kernel', 'Killed process 5 (x) total-vm:4kB, new-rss:9kB, anon-rss:4kB', { anonRssKib: 4 }],
  ])('reads %s', (_case, text, victim) => {
    expect(parseKillLine(text)?.victim).toMatchObject(victim)
  })

  it('knows a command whose bytes a log shows as escapes', () => {
    for (const command of ['\\x1b[31mlong-comma', '#033[31mevil#033[0', '\\033'.repeat(15)]) {
      expect(parseKillLine(`Out of memory: Killed process 12 (${command}) ${FIGURES}`)?.victim.command).toBe(command)
    }
  })

  it('takes of two lines in one the first: no command is that long', () => {
    const second = FIGURES.replace('35204', '9').replace('UID:42', 'UID:7')
    const text = `Out of memory: Killed process 12 (web) ${FIGURES}Out of memory: Killed process 13 (db) ${second}`
    expect(parseKillLine(text)?.victim).toMatchObject({ pid: 12, command: 'web', totalVmKib: 35204, uid: 42 })
  })

  it.each(['x'.repeat(16), 'web\\x1b'.repeat(20), 'web) Killed process 13 (db', '\0'.repeat(8000)])(
    'names nobody where a line is damaged: %j',
    (command) => {
      const { victim } = parseKillLine(`Out of memory: Killed process 12 (${command}) ${FIGURES}`) ?? {}
      expect(victim).toMatchObject({ pid: 12, command: '', totalVmKib: 35204, uid: 42 })
      expect(parseKillLine(`Killed process 12 (${command})`)?.victim).toMatchObject({ pid: 12, command: '' })
    },
  )

  it.each([
    'a,pid=1,uid=0',
    'x) total-vm:9kB',
    '(sd-pam)',
    'tmux: server',
    'a\nKilled proces',
    '\x1b[31mred',
    '()',
    ')',
    '(',
  ])('is not misled by the command %j', (command) => {
    const line = parseKillLine(`Out of memory: Killed process 12 (${command}) ${FIGURES}`)
    expect(line?.victim).toMatchObject({ pid: 12, command, totalVmKib: 35204, uid: 42 })
  })

  it.each([
    'Killed process  invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
    'Killed process [12]: segfault at 0 ip 0000000000000000 sp 00007ffe error 14',
    'Killed process (123): drop_caches: 3',
    'a\nKilled process 1 (init) total-vm:4kB',
    'usb 1-1: Product: Out of memory: Killed process 1 (init)',
    'Out of memory: Kill process 5424 (java) score 800 or sacrifice child',
    'oom_reaper: reaped process 4715 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
    'monitor: seen: Memory cgroup out of memory: Killed process 4714 (eater) total-vm:4kB',
  ])('does not take %j for a kill', (text) => {
    expect(parseKillLine(text)).toBeUndefined()
  })

  it('leaves out numbers that cannot be true', () => {
    const text = 'Killed process 5 (x) total-vm:99999999999999999999kB, anon-rss:1kB, oom_score_adj:70000'
    expect(parseKillLine(text)?.victim).toMatchObject({ totalVmKib: undefined, anonRssKib: 1, oomScoreAdj: undefined })
  })
})

describe('the lines around it', () => {
  it.each([
    ['Out of memory: Kill process 5424 (java) score 800 or sacrifice child', 5424, 'Out of memory'],
    [
      'Memory cgroup out of memory: Kill process 1 (a) score 1 or b) score 990 or sacrifice child',
      1,
      'Memory cgroup out of memory',
    ],
    ['Out of Memory: Kill process 4713 (eater) score 1234 and children.', 4713, 'Out of Memory'],
  ])('reads the choice in %j', (text, pid, message) => {
    expect(parseChoiceLine(text)).toEqual({ pid, message })
  })

  it.each(['Kill process 1 [99]: segfault at 0', 'Kill process 1 (x)'])('does not take %j for a choice', (text) => {
    expect(isChoiceLine(text)).toBe(false)
  })

  it('knows the victim that was exiting already, and no command that says so', () => {
    expect(isSkippedLine('Out of memory: OOM victim 7 (x) is already exiting. Skip killing the task')).toBe(true)
    expect(isSkippedLine('OOM victim 1 (x[99]: segfault at 0')).toBe(false)
  })
})

describe('parseExhausted', () => {
  it.each([
    ['Memory cgroup out of memory', 'memcg'],
    ['Out of memory', 'global'],
    ['Out of memory (oom_kill_allocating_task)', 'global'],
    ['Out of memory in UB 1234', undefined],
    ['No available memory (MPOL_BIND)', undefined],
    ['x memory cgroup out of memory', undefined],
    ['Memory', undefined],
    [undefined, undefined],
  ])('takes the summary %j for %p', (message, exhausted) => {
    expect(parseExhausted(message)).toBe(exhausted)
  })
})
