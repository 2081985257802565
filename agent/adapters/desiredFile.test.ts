import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { DesiredFile } from './desiredFile.ts'

let folder: string
let said: string[]

const file = (stateDir = folder): DesiredFile =>
  new DesiredFile(stateDir, pino({ base: null }, { write: (line: string) => void said.push(line) }))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-desired-'))
  said = []
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('DesiredFile', () => {
  it('has the state and its confirmation after a restart, as they were written', () => {
    file().write({ revision: 7, text: '{\n"a": 1}' })
    const last = { bootId: 'b', monotonicMs: 1.5, wallMs: 2, revision: 7, leaseRevision: 9 }
    file().writeConfirmation(last)
    expect(file().read()).toEqual({ revision: 7, text: '{\n"a": 1}' })
    expect(file().readConfirmation()).toMatchObject(last)
  })

  it('has none where there was none, where it was removed and where it is spoiled', () => {
    expect([file().read(), file().readConfirmation()]).toEqual([undefined, undefined])
    const kept = file()
    kept.write({ revision: 7, text: '{}' })
    kept.remove()
    expect(file().read()).toBeUndefined()
    writeFileSync(join(folder, 'desired.json'), '')
    expect(file().read()).toBeUndefined()
  })

  it('writes a revision once', () => {
    const kept = file()
    kept.write({ revision: 7, text: 'a' })
    kept.write({ revision: 7, text: 'b' })
    expect(file().read()?.text).toBe('a')
  })

  it('says once that the disk does not take it, and goes on', () => {
    const kept = file(join(folder, 'absent'))
    kept.write({ revision: 7, text: 'a' })
    kept.write({ revision: 7, text: 'a' })
    expect(said).toEqual([expect.stringContaining('expected to keep the desired state on disk, got: ENOENT')])
  })
})
