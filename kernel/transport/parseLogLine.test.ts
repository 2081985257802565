import { describe, expect, it } from '@jest/globals'
import type { LogLine } from './logLine.ts'
import { parseLogLine } from './parseLogLine.ts'

const TEXT = 'Mem-Info:'
const KERNEL = { text: TEXT, prefixed: true, facility: 0 }

describe('parseLogLine', () => {
  it.each<[string, string, Partial<LogLine>]>([
    ['/dev/kmsg', '6,123,456,-;Mem-Info:', { ...KERNEL, monotonicUsec: 456, level: 6, exact: true }],
    ['/dev/kmsg with callers', '4,9,456,-,caller=T869;Mem-Info:', { ...KERNEL, caller: 'T869' }],
    ['dmesg', '[  951.727784] Mem-Info:', { text: TEXT, prefixed: true, monotonicUsec: 951_727_784 }],
    ['dmesg with callers', '[  951.727784][    C0] Mem-Info:', { text: TEXT, caller: 'C0' }],
    ['dmesg -r and pstore', '<4>[  951.727784] Mem-Info:', { ...KERNEL, level: 4 }],
    ['dmesg -x', 'kern  :warn  : [  951.727784] Mem-Info:', KERNEL],
    ['dmesg -T', '[Thu Nov 23 10:11:12 2023] Mem-Info:', { text: TEXT, stamp: 'Thu Nov 23 10:11:12 2023' }],
    [
      'dmesg -T in French',
      '[jeu. nov. 23 10:11:12 2023] Mem-Info:',
      { text: TEXT, stamp: 'jeu. nov. 23 10:11:12 2023' },
    ],
    ['dmesg -T in Chinese', '[四 11月 23 10:11:12 2023] Mem-Info:', { text: TEXT, prefixed: true }],
    ['dmesg -H', '[Nov23 10:11] Mem-Info:', { text: TEXT, prefixed: true }],
    ['dmesg -H -d', '[  +0.000012] Mem-Info:', { text: TEXT, prefixed: true }],
    ['dmesg -d', '[  951.727784 <    0.000012>] Mem-Info:', { text: TEXT, prefixed: true }],
    ['dmesg -t -d', '[<    0.000012>] Mem-Info:', { text: TEXT, prefixed: true }],
    ['dmesg with ISO times', '2025-12-17T11:32:14,000001+01:00 Mem-Info:', { text: TEXT, prefixed: true }],
    ['a phone’s kernel', '[  951.727784] (2)[1234:kworker/u8:1]Mem-Info:', { text: TEXT, caller: 'T1234' }],
    ['journalctl', 'Jun 14 17:19:10 host kernel: Mem-Info:', { ...KERNEL, stamp: 'Jun 14 17:19:10' }],
    ['journalctl -o short-iso', '2025-12-17T11:32:14+0100 host kernel: Mem-Info:', KERNEL],
    ['journalctl -o short-full', 'Wed 2025-12-17 11:32:14 CET host kernel: Mem-Info:', KERNEL],
    ['journalctl -o short-unix', '1765967534.000001 host kernel: Mem-Info:', KERNEL],
    [
      'journalctl -o short-monotonic',
      '[  951.727784] host kernel: Mem-Info:',
      { text: TEXT, monotonicUsec: 951_727_784 },
    ],
    ['syslog in German', 'Mär  4 17:19:10 host kernel: Mem-Info:', KERNEL],
    ['syslog without a host', 'Jun  4 17:19:10 kernel: Mem-Info:', KERNEL],
    [
      'syslog without a space',
      'Jun  4 17:19:10 host kernel:[  1.000002] Mem-Info:',
      { ...KERNEL, monotonicUsec: 1_000_002 },
    ],
    ['syslog of BusyBox', 'Jun  4 17:19:10 host kern.warn kernel: Mem-Info:', KERNEL],
    ['syslog of OpenWrt', 'Thu Nov 23 10:11:12 2023 kern.warn kernel: [    1.000002] Mem-Info:', KERNEL],
    ['syslog with a priority', '<4>Jun  4 17:19:10 host kernel: Mem-Info:', { ...KERNEL, level: 4 }],
    ['RFC 5424', '<4>1 2025-12-17T11:32:14+01:00 h kernel - - [x@1 a="b] c"] Mem-Info:', { ...KERNEL, level: 4 }],
    ['syslog whose host was taken off', 'Jun  4 17:19:10  kernel: Mem-Info:', KERNEL],
    ['syslog whose times were taken off', 'host-1 kernel: Mem-Info:', KERNEL],
    ['syslog whose days were taken off', '17:19:10 kernel: Mem-Info:', { ...KERNEL, stamp: '17:19:10' }],
    ['metalog', 'Jun  4 17:19:10 host Mem-Info:', { text: TEXT, prefixed: true, stamp: 'Jun  4 17:19:10' }],
    ['syslog of which only the times are left', 'Jun  4 17:19:10 Mem-Info:', { text: TEXT, prefixed: true }],
    [
      'Talos',
      ' kern: warning: [2025-12-17T10:32:14.000000001Z]: Mem-Info:',
      { ...KERNEL, stamp: '2025-12-17T10:32:14.000000001Z' },
    ],
    ['Talos of one node of several', 'node-1: kern:    info: [2025-12-17T10:32:14.000000001Z]: Mem-Info:', KERNEL],
    [
      'a hypervisor’s log of its guest',
      '2025-12-17T10:32:14.000Z In(05) vcpu-5 - Guest: <4>[    1.000002] Mem-Info:',
      { ...KERNEL, level: 4, monotonicUsec: 1_000_002 },
    ],
    ['a hypervisor’s log without a time', 'vcpu-0| I005: Guest: <4>[    1.000002] Mem-Info:', KERNEL],
    [
      'a console that left lines out',
      '** 3 printk messages dropped ** [    1.000002] Mem-Info:',
      { text: TEXT, monotonicUsec: 1_000_002 },
    ],
    ...['[  OK    ', '0m] Started   ', 'etc/sysconfig  ', 'm.[  ', '1;39mBackup of /[  '].map(
      (written): [string, string, Partial<LogLine>] => [
        `init’s ${JSON.stringify(written)}`,
        `${written}386.369228][  T709] Mem-Info:`,
        { text: TEXT, monotonicUsec: 386_369_228, caller: 'T709' },
      ],
    ),
    ['init’s words where no caller is printed', '[  OK    386.369228] Mem-Info:', { text: TEXT, prefixed: true }],
    ['a hand that copied from the second letter on', '1.000002] Mem-Info:', { text: TEXT, monotonicUsec: 1_000_002 }],
    ['a list', '* [  +0.000012] Mem-Info:', { text: TEXT, prefixed: true }],
    ['a numbered list', '  12. <4>[    1.000002] Mem-Info:', { ...KERNEL, level: 4 }],
    ['a list of syslog', '- Jun  4 17:19:10 host kernel: Mem-Info:', KERNEL],
    ['CRI', '2025-12-17T10:32:14.000000001Z stdout F [  1.000002] Mem-Info:', { text: TEXT, monotonicUsec: 1_000_002 }],
    ['CRI around kmsg', '2025-12-17T10:32:14.000000001Z stdout F 6,1,2,-;Mem-Info:', KERNEL],
    ['docker', '{"log":"[    1.000002] Mem-Info:\\n","stream":"stdout","time":"2025-12-17T10:32:14Z"}', { text: TEXT }],
    [
      'Google’s logs of a serial console',
      JSON.stringify({ textPayload: '[    1.000002] Mem-Info:\\r\\n', severity: 'INFO' }),
      { text: TEXT, monotonicUsec: 1_000_002 },
    ],
    [
      'the same on several lines',
      `    "textPayload": ${JSON.stringify('[    1.000002] Mem-Info:\\r\\n')},`,
      { text: TEXT, prefixed: true, monotonicUsec: 1_000_002 },
    ],
    ['ts', 'Nov 23 10:11:12 [    1.000002] Mem-Info:', { text: TEXT, monotonicUsec: 1_000_002 }],
    ['grep -n', '/var/log/messages:12:Jun  4 17:19:10 host kernel: Mem-Info:', KERNEL],
    ['a mail', '> > [    1.000002] Mem-Info:', { text: TEXT, prefixed: true }],
    ['coloured dmesg', '\u001b[32m[    1.000002] \u001b[0mMem-Info:', { text: TEXT, prefixed: true }],
    ['a forum', '[    1.000002] [COLOR="Red"]Mem-Info:[/COLOR]', { text: TEXT }],
    ['a web page', '[\u00a0\u00a0\u00a0\u00a01.000002]\u00a0Mem-Info:\r', { text: TEXT }],
    ['HTML', '&gt; &lt;4&gt;[    1.000002] Mem-Info:', { ...KERNEL, level: 4 }],
    ['HTML in numbers', '&#60;4&#x3E;&#91;    1.000002&#93;&nbsp;Mem-Info:', { ...KERNEL, level: 4 }],
    ['Markdown', '\\[    1.000002\\] Mem-Info:', { text: TEXT, monotonicUsec: 1_000_002 }],
    ['nothing', 'Mem-Info:', { text: TEXT, prefixed: false, facility: undefined }],
  ])('strips what %s puts before a text', (_case, line, expected) => {
    expect(parseLogLine(line)).toMatchObject(expected)
  })

  it('keeps the kernel’s own indentation, and that of a line without a prefix', () => {
    expect(parseLogLine('[    2.000000]  dump_stack+0x57/0x80').text).toBe(' dump_stack+0x57/0x80')
    expect(parseLogLine('    active_file:1').text).toBe('    active_file:1')
  })

  it.each([
    'Jun 24 18:49:43 aks node-problem-detector-startup.sh[6018]: Killed process 1 (x)',
    'Jun 24 18:49:43 host earlyoom[77]: Killed process 1 (x)',
    '<30>1 2025-12-17T11:32:14Z h systemd-oomd 5 - - Killed process 1 (x)',
    '{"_TRANSPORT":"stdout","SYSLOG_IDENTIFIER":"kernel","MESSAGE":"Killed process 1 (x)"}',
    '12,5,6,-;Killed process 1 (x)',
    'user: warning: [2025-12-17T10:32:14.000000001Z]: Killed process 1 (x)',
  ])('tells a program’s words from the kernel’s: %s', (line) => {
    const parsed = parseLogLine(line)
    expect(parsed.text).toBe('Killed process 1 (x)')
    expect(parsed.facility).not.toBe(0)
  })

  it.each([
    'Killed process 1 (x)',
    'Out of memory: Killed process 1 (x)',
    'Out of memory: Kill process 1 (x) score 9 or a child',
    'x invoked oom-killer: gfp_mask=0xd0, order=0',
  ])('tells a host that no tag follows from the words %j', (words) => {
    expect(parseLogLine(`Jun  4 17:19:10 host ${words}`).text).toBe(words)
  })

  it('leaves a message in JSON that does not begin with the kernel’s time', () => {
    expect(parseLogLine('  "message": "Killed process 1 (x)",').text).toBe('  "message": "Killed process 1 (x)",')
  })

  it('leaves what neither tag nor words tell from a sentence', () => {
    expect(parseLogLine('Jun  4 17:19:10 somebody said so').prefixed).toBe(false)
  })

  it('undoes what HTML and Markdown escape, once, and no escape of the kernel’s', () => {
    expect(parseLogLine('[    1.000002] oom-kill:task\\_memcg=/a&amp;lt;\\x2d,task=x&#07;').text).toBe(
      'oom-kill:task_memcg=/a&lt;\\x2d,task=x ',
    )
  })

  it('leaves to a record and to JSON what they hold', () => {
    expect(parseLogLine('6,1,2,-;a\\_b &lt;').text).toBe('a\\_b &lt;')
    expect(parseLogLine(JSON.stringify({ log: 'a\\_b &lt;\n' })).text).toBe('a\\_b &lt;')
  })

  it('undoes rsyslog’s escapes', () => {
    expect(parseLogLine('Jun  4 17:19:10 h kernel: active_anon:1#012 active_file:2').text).toBe(
      'active_anon:1\n active_file:2',
    )
  })

  it('leaves out the word that a pager cut, and no command', () => {
    expect(parseLogLine('Jan 25 14:59:30 h kernel: oom-kill:constraint=X,task_memcg=/a,ta>').text).toBe(
      'oom-kill:constraint=X,task_memcg=/a,',
    )
    expect(parseLogLine('[    1.000000]  <TASK>').text).toBe(' <TASK>')
    expect(parseLogLine('[    1.000000] [    9]     0     9      1      1    1    1     0 a>').text).toMatch(/ a>$/)
  })

  it('does not take the bytes of a Code: line for a priority', () => {
    expect(parseLogLine('<41> 0f be 14 0e')).toMatchObject({ prefixed: false, text: '<41> 0f be 14 0e' })
  })

  it('marks a line that the container runtime cut', () => {
    expect(parseLogLine('2025-12-17T10:32:14.000000001Z stdout P Out of mem').partial).toBe(true)
    expect(parseLogLine('{"log":"Out of mem","stream":"stdout"}').partial).toBe(true)
  })
})
