import { describe, expect, it } from '@jest/globals'
import { readTextRecords } from './textLines.ts'

function read(...lines: string[]) {
  return [...readTextRecords(lines.join('\n'))]
}

describe('readTextRecords', () => {
  it.each([
    ['syslog', 'Jun  4 17:19:10 host kernel: Mem-Info:', 13_799_950_000_000, undefined],
    ['syslog with printk’s time', 'Jun 14 17:19:10 host kernel: [  951.727784] Mem-Info:', 951_727_784, undefined],
    ['dmesg', '[  951.727784] Mem-Info:', 951_727_784, undefined],
    ['dmesg with callers', '[  951.727784][  T869] Mem-Info:', 951_727_784, 'T869'],
    ['indented dmesg with levels', '    <4>[    1.000002] Mem-Info:', 1_000_002, undefined],
    ['nothing', 'Mem-Info:', 0, undefined],
  ])('strips the prefix of %s', (_case, line, monotonicUsec, caller) => {
    expect(read(line)).toEqual([
      expect.objectContaining({ text: 'Mem-Info:', facility: 0, monotonicUsec, caller, sequence: 0 }),
    ])
  })

  it('tells the kernel from a program that repeats it', () => {
    const [own, repeated] = read('Jun  4 17:19:10 h kernel: x', 'Jun  4 17:19:10 h node-problem-detector[6018]: x')
    expect([own?.facility, repeated?.facility]).toEqual([0, 1])
  })

  it('joins a line that has lost its prefix to the one before, and ages it so', () => {
    const records = read('[    2.000000] Node 0 DMA32 free:1kB', 'active_anon:1kB(2.5G)', '', '[    3.000000] next', '')
    expect(records.map(({ text, sequence }) => [sequence, text])).toEqual([
      [0, 'Node 0 DMA32 free:1kB active_anon:1kB(2.5G)'],
      [1, 'next'],
    ])
  })

  it('keeps stack lines’ own indentation', () => {
    expect(read('[    2.000000]  dump_stack_lvl+0x57/0x80')[0]?.text).toBe(' dump_stack_lvl+0x57/0x80')
  })
})
