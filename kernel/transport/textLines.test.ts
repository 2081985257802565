import { describe, expect, it } from '@jest/globals'
import { readTextRecords } from './textLines.ts'

function read(...lines: string[]) {
  return [...readTextRecords(lines.join('\n'))]
}

function textsOf(...lines: string[]): string[] {
  return read(...lines).map(({ text }) => text)
}

describe('readTextRecords', () => {
  it('counts records and lines, and keeps both clocks', () => {
    expect(read('', 'Jun  4 17:19:10 h kernel: [  951.727784][  T869] a', 'Jun  4 17:19:11 h kernel: b')).toEqual([
      expect.objectContaining({
        text: 'a',
        facility: 0,
        sequence: 0,
        line: 2,
        stamp: 'Jun  4 17:19:10',
        monotonicUsec: 951_727_784,
        hasKernelClock: true,
        caller: 'T869',
      }),
      // A line without the kernel's time is as old as the one before.
      expect.objectContaining({ text: 'b', sequence: 1, line: 3, monotonicUsec: 951_727_784, hasKernelClock: false }),
    ])
  })

  it('goes by the log’s clock where there is no other', () => {
    const [first, second] = read('Jun  4 17:19:10 h kernel: a', 'Jun  4 17:19:12 h kernel: b')
    expect((second?.monotonicUsec ?? 0) - (first?.monotonicUsec ?? 0)).toBe(2_000_000)
  })

  it('tells the kernel from a program that repeats it, on its further lines too', () => {
    const records = read(
      'Jun  4 17:19:10 h kernel: x',
      'Jun  4 17:19:10 h npd[6018]: seen:',
      '    Killed process 1 (x)',
    )
    expect(records.map(({ facility }) => facility)).toEqual([0, 1, 1])
  })

  it('joins a line that has lost its prefix to the one before, and ages it so', () => {
    const records = read('[    2.000000] Node 0 DMA32 free:1kB', 'active_anon:1kB(2.5G)', '', '[    3.000000] next', '')
    expect(records.map(({ text, sequence }) => [sequence, text])).toEqual([
      [0, 'Node 0 DMA32 free:1kB active_anon:1kB(2.5G)'],
      [1, 'next'],
    ])
  })

  it('keeps one record’s lines in one record', () => {
    const indented = [
      '[    2.000000] active_anon:1 inactive_anon:2',
      '                active_file:3',
      '  free:4 free_pcp:5',
    ]
    expect(textsOf(...indented)).toEqual(['active_anon:1 inactive_anon:2\nactive_file:3\nfree:4 free_pcp:5'])
    expect(textsOf('[    2.000000] anon 0', 'file 122880')).toEqual(['anon 0\nfile 122880'])
  })

  it('takes a text that follows its prefix on the next line', () => {
    expect(textsOf('Jan 25 14:59:30 h kernel:', 'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null)')).toEqual([
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null)',
    ])
  })

  it('glues what a terminal broke in the middle of words', () => {
    const broken = (at: number) => [`[    ${at}.000000] ${'x'.repeat(60)} ab`, 'cd']
    const rest = ['[    4.000000] Killed process 7 (browser) total-vm:8kB, anon-rss:7kB, file', '-rss:5kB']
    expect(textsOf(...broken(1), ...broken(2), ...broken(3), ...rest).at(-1)).toMatch(/file-rss:5kB$/)
  })

  it('does not take the rows that a mail program broke at a space for a terminal’s', () => {
    const row = (pid: number) => [
      `> [  ${pid}.000000] [  ${pid}]     0   ${pid}      581      207`,
      '> 1     -17 udevd',
    ]
    const others = Array.from({ length: 5 }, () => `> [    1.000000] ${'x'.repeat(35)}`)
    const rows = [583, 584, 585, 586].flatMap(row)
    expect(textsOf(...others, ...rows).at(-1)).toMatch(/ 581 +207 1 +-17 udevd$/)
  })

  it('leaves out the blanks that a terminal put at a line’s end', () => {
    expect(textsOf('[    2.000000] Task in /a killed as a result of limit of /a   ')).toEqual([
      'Task in /a killed as a result of limit of /a',
    ])
  })

  it('puts together what a container runtime cut', () => {
    const cri = (flag: string, text: string) => `2025-12-17T10:32:14.000000001Z stdout ${flag} ${text}`
    expect(textsOf(cri('P', '[    2.000000] Killed pro'), cri('F', 'cess 7 (x)'))).toEqual(['Killed process 7 (x)'])
  })

  it('passes over the dictionary of a kmsg record', () => {
    expect(textsOf('4,1,2,-;Mem-Info:', ' SUBSYSTEM=mm', ' DEVICE=+mm:oom', '4,2,3,-;next')).toEqual([
      'Mem-Info:',
      'next',
    ])
  })

  it('goes on with nothing after an empty line', () => {
    const texts = textsOf('[    2.000000] Killed process 7 (x) total-vm:1kB,', '', 'anon-rss:2kB of my mail')
    expect(texts).toEqual(['Killed process 7 (x) total-vm:1kB,', 'anon-rss:2kB of my mail'])
  })
})
