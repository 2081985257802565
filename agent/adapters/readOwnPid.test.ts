import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { readOwnPid } from './readOwnPid.ts'

let proc: string
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'oomkeeper-proc-'))
})
afterEach(() => rmSync(proc, { recursive: true }))

describe('readOwnPid', () => {
  it('is the process that reads, as that proc file system numbers it', () => {
    symlinkSync('4711', join(proc, 'self'))
    expect(readOwnPid(proc)).toBe(4711)
  })

  it('is unknown where there is no proc file system', () => {
    expect(readOwnPid(proc)).toBeUndefined()
  })
})
