import { describe, expect, it } from '@jest/globals'
import { parseStat } from './stat.ts'

/** Of parent 1, flags 0x00400000, 3 threads, started at 778899, 250 pages. */
const REST = 'S 1 9 9 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 3 0 778899 1024000 250 18446744073709551615'
const read = { isKernelThread: false, parentPid: 1, isZombie: false, threadCount: 3, startTicks: 778899, rssPages: 250 }
const parse = (text: string) => parseStat(Buffer.from(text))

describe('parseStat', () => {
  it.each(['cat', 'a) S 1 (b', 'x\n) R 9 9', '', ') ', 'é\x1b['])('reads behind a command of %j', (command) => {
    expect(parse(`9 (${command}) ${REST}\n`)).toEqual({ command, ...read })
  })

  it('tells a thread of the kernel by its flags, whatever it is called', () => {
    expect(parse('2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 7 0 0 0')).toMatchObject({
      isKernelThread: true,
      startTicks: 7,
    })
    expect(parse(`9 (kthreadd) ${REST}`)?.isKernelThread).toBe(false)
  })

  it('tells a leader that has ended while other threads go on', () => {
    expect(parse(`9 (java) ${REST.replace('S', 'Z')}`)).toMatchObject({ isZombie: true, threadCount: 3 })
  })

  it.each(['', '9', '9 (sh', '9 sh) S 1', '9 (sh) S 1 9', '9 (sh)S 1', ')9 ('])('says nothing of %j', (text) => {
    expect(parse(text)).toBeUndefined()
  })

  it('says nothing of any line that is cut before the resident pages', () => {
    const whole = `9 (sh) ${REST}`
    for (let length = 0; length < whole.indexOf('250'); length++) {
      expect(parse(whole.slice(0, length))).toBeUndefined()
    }
  })
})
