import { describe, expect, it } from '@jest/globals'
import { parseStat } from './stat.ts'

/** Flags 0x00400000, started at 778899. */
const REST = 'S 1 9 9 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 778899 1000 18446744073709551615'
const parse = (text: string) => parseStat(Buffer.from(text))

describe('parseStat', () => {
  it.each(['cat', 'a) S 1 (b', 'x\n) R 9 9', '', ') ', 'é\x1b['])('reads behind a command of %j', (command) => {
    expect(parse(`9 (${command}) ${REST}\n`)).toEqual({ command, isKernelThread: false, startTicks: 778899 })
  })

  it('tells a thread of the kernel by its flags, whatever it is called', () => {
    expect(parse('2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 7 0 0')).toMatchObject({
      isKernelThread: true,
      startTicks: 7,
    })
    expect(parse(`9 (kthreadd) ${REST}`)?.isKernelThread).toBe(false)
  })

  it.each(['', '9', '9 (sh', '9 sh) S 1', '9 (sh) S 1 9', '9 (sh)S 1', ')9 ('])('says nothing of %j', (text) => {
    expect(parse(text)).toBeUndefined()
  })

  it('says nothing of any line that is cut before the start time', () => {
    const whole = `9 (sh) ${REST}`
    for (let length = 0; length < whole.indexOf('778899'); length++) {
      expect(parse(whole.slice(0, length))).toBeUndefined()
    }
  })
})
