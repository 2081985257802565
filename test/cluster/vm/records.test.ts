import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { recordKmsg } from './recordKmsg.ts'
import { recordPanic } from './recordPanic.ts'

let folder = ''
let file = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-records-'))
  file = join(folder, 'log')
  writeFileSync(file, '6,1,10,-;booted\n')
})

afterEach(() => rmSync(folder, { recursive: true }))

/** A guest whose records come later than its answers. */
function slowGuest(said: string): (script: string) => Promise<string> {
  return (script) => {
    const mark = /^echo (\S+) > \/dev\/kmsg$/.exec(script)?.[1]
    setTimeout(() => appendFileSync(file, mark === undefined ? said : `12,2,20,-;${mark}\n`), 5)
    return Promise.resolve('')
  }
}

describe('recordKmsg', () => {
  it('returns what came between its own marks, dictionary lines included', async () => {
    const said = '4,3,30,-;tail invoked oom-killer\n SUBSYSTEM=a\n3,4,40,-;Killed process 7\n'
    const run = slowGuest(said)
    await expect(recordKmsg(run, file, 'tail /dev/zero', { deadlineMs: 5000, everyMs: 1 })).resolves.toBe(said)
    await expect(recordKmsg(slowGuest(''), file, 'true', { deadlineMs: 5000, everyMs: 1 })).resolves.toBe('')
  })
})

describe('recordPanic', () => {
  it('returns what came to the console since, once the guest has ended', async () => {
    const run = (): Promise<string> => {
      appendFileSync(file, 'Kernel panic - not syncing: Out of memory\r\n')
      return Promise.reject(new Error('qemu has ended'))
    }
    await expect(recordPanic(run, file, 'x')).resolves.toBe('Kernel panic - not syncing: Out of memory\r\n')
  })

  it('says so when the guest ended otherwise, or went on', async () => {
    const killed = (): Promise<string> => Promise.reject(new Error('qemu has ended'))
    await expect(recordPanic(killed, file, 'x')).rejects.toThrow('qemu has ended')
    await expect(recordPanic(() => Promise.resolve(''), file, 'x')).rejects.toThrow('expected a kernel panic')
  })
})
