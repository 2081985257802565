import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { SecretFile } from './secretFile.ts'

let folder = ''
let said: string[] = []
const logger = pino({ base: null }, { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-password-'))
  said = []
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('a password file', () => {
  it('is read anew each time, without the newline at its end', () => {
    const path = join(folder, 'password')
    const file = new SecretFile(path, 'password', logger)
    writeFileSync(path, 'one\n')
    expect(file.read()).toBe('one')
    writeFileSync(path, 'two\n')
    expect(file.read()).toBe('two')
    expect(said).toEqual([])
  })

  it('that is gone for a while is what was read last, and is said once', () => {
    const path = join(folder, 'password')
    const file = new SecretFile(path, 'password', logger)
    writeFileSync(path, 'one')
    file.read()
    rmSync(path)
    expect([file.read(), file.read()]).toEqual(['one', 'one'])
    expect(said).toEqual([
      expect.stringMatching(/^expected to read the password file, got: ENOENT.*with what was read last$/),
    ])
    writeFileSync(path, 'two')
    expect(file.read()).toBe('two')
    expect(said.at(-1)).toBe('the password file can be read again')
  })

  it('that was never there is an error that says what is missing', () => {
    const file = new SecretFile(join(folder, 'none'), 'password', logger)
    expect(() => file.read()).toThrow(
      /^expected to read the password file, got: ENOENT: .*; let the user that this runs as/,
    )
  })
})
