import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { identifyProcess } from './identity.ts'
import { acquireLock, withLock } from './lock.ts'

let folder = ''
let file = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-lock-'))
  file = join(folder, 'lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

const soon = { deadlineMs: 1000, onWait: () => {} }

describe('withLock', () => {
  it('runs the work and lets the lock go, also after a failure', async () => {
    await expect(withLock(file, soon, async () => 7)).resolves.toBe(7)
    await expect(withLock(file, soon, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(existsSync(file)).toBe(false)
  })

  it('takes over from a holder that has died', async () => {
    writeFileSync(file, JSON.stringify({ ...identifyProcess(process.pid), startTicks: 1 }))
    await expect(withLock(file, soon, async () => 'mine')).resolves.toBe('mine')
  })

  it('takes over a file that says nothing', async () => {
    writeFileSync(file, '')
    await expect(withLock(file, soon, async () => 'mine')).resolves.toBe('mine')
  })
})

describe('acquireLock', () => {
  it('waits for a living holder, says so once, and gives up at the deadline', async () => {
    const release = await acquireLock(file, soon)
    const waits: number[] = []
    const options = { deadlineMs: 500, onWait: ({ pid }: { pid: number }) => waits.push(pid) }
    await expect(acquireLock(file, options)).rejects.toThrow(/waited for the lock/)
    expect(waits).toEqual([process.pid])
    release()
    ;(await acquireLock(file, soon))()
  })
})
