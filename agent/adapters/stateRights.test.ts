import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { CursorFile } from './cursorFile.ts'
import { LedgerFile } from './ledgerFile.ts'
import { OriginalsFile, SCORES } from './originalsFile.ts'

const NOBODY = 65_534

let parent = ''
let said: string[] = []
const logger = pino({ base: null }, { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) })

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'oomkeeper-state-'))
  said = []
})

afterEach(() => {
  chmodSync(join(parent, 'state'), 0o700)
  rmSync(parent, { recursive: true })
})

/** As somebody whom a mode keeps out: root is not. */
function withoutRoot(use: () => void): void {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(NOBODY)
  try {
    use()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

describe('a state folder that this user may not even look into', () => {
  it('is said once, and gone without: nothing is read, and nothing can be written', () => {
    const state = join(parent, 'state')
    mkdirSync(state)
    chmodSync(parent, 0o755)
    chmodSync(state, 0)
    withoutRoot(() => {
      expect(new CursorFile(state, logger).read()).toBeUndefined()
      expect(new LedgerFile(state, logger).read()).toBeUndefined()
      const originals = new OriginalsFile(state, SCORES, 'boot', () => ({ wallMs: 0, uptimeMs: 0 }), logger)
      expect(originals.read()).toEqual({})
      expect(() => originals.write({})).toThrow(/EACCES/)
    })
    expect(said).toEqual([expect.stringMatching(/^--state-dir: expected a folder .*got: EACCES.*going on in memory/)])
  })
})
