import { describe, expect, it } from '@jest/globals'
import { parseStatus } from './status.ts'

const HEAD = 'Name:\tx\\nUid:\t9\nUmask:\t0022\nTgid:\t12\nPid:\t13\nTracerPid:\t0\nUid:\t1000\t0\t0\t0\n'
const KINDS = 'RssAnon:\t     112 kB\nRssFile:\t    1628 kB\nRssShmem:\t      36 kB\n'
const parse = (text: string) => parseStatus(Buffer.from(text))

function memory(kinds = KINDS, tables = 'VmPTE:\t      48 kB\n'): string {
  return `VmPeak:\t    9999 kB\nVmSize:\t    3060 kB\nVmRSS:\t    1776 kB\n${kinds}VmExe:\t 1 kB\n${tables}VmSwap:\t       4 kB\n`
}

describe('parseStatus', () => {
  it('reads whose it is and its memory by kind', () => {
    expect(parse(`${HEAD}${memory()}Threads:\t1\n`)).toEqual({
      tgid: 12,
      uid: 1000,
      memory: {
        vmSizeKib: 3060,
        rssKib: 1776,
        anonRssKib: 112,
        fileRssKib: 1628,
        shmemRssKib: 36,
        swapKib: 4,
        pgtablesKib: 48,
      },
    })
  })

  it('takes no word of a name for a field', () => {
    const forged = `Name:\tVmRSS:\t9 kB\\nUid:\t9\n${HEAD.slice(HEAD.indexOf('Umask'))}`
    expect(parse(forged)).toEqual({ tgid: 12, uid: 1000 })
  })

  it('knows what has no memory', () => {
    expect(parse(`${HEAD}Threads:\t1\n`)).toEqual({ tgid: 12, uid: 1000 })
  })

  it('does without the kinds before 4.5, and adds the second level of page tables before 4.15', () => {
    const old = parse(HEAD + memory('', 'VmPTE:\t      48 kB\nVmPMD:\t      12 kB\n'))?.memory
    expect(old).toMatchObject({ anonRssKib: undefined, shmemRssKib: undefined, pgtablesKib: 60, swapKib: 4 })
  })

  it('takes a number of any width', () => {
    expect(parse(HEAD + memory().replace('    1776', '123456789012'))?.memory?.rssKib).toBe(123_456_789_012)
  })

  it.each(['', '\n', 'Tgid:\t7\n', 'Uid:\t7\n', 'Tgid:\nUid:\t7\n', HEAD.slice(0, -17)])(
    'says nothing of %j',
    (text) => {
      expect(parse(text)).toBeUndefined()
    },
  )
})
