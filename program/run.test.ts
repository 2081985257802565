import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from '@jest/globals'

const root = resolve(import.meta.dirname, '..')

/** A program that says so many lines, and then on standard error how much memory that took, in MiB. */
const PROGRAM = `
import { runProgram } from './program/run.ts'
import { flagSchemas } from './program/flagSchemas.ts'
import { withDefault } from './program/flags.ts'
await runProgram({
  name: 'talker',
  version: '1',
  flags: { logLevel: withDefault(flagSchemas.logLevel, 'LEVEL', 'info', 'how much to say') },
  async main(_, logger) {
    const before = process.memoryUsage().heapUsed
    for (let line = 0; line < 20_000; line++) logger.info({ line }, 'x'.repeat(1000))
    globalThis.gc()
    console.error(Math.max(0, Math.round((process.memoryUsage().heapUsed - before) / 2 ** 20)))
  },
})
`

function runOn(output: number | 'pipe') {
  return spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', PROGRAM], {
    cwd: root,
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
    stdio: ['ignore', output, 'pipe'],
    maxBuffer: 64 * 2 ** 20,
  })
}

describe('a program whose log cannot be written', () => {
  it('goes on, and keeps no more than a few lines of it', () => {
    const full = openSync('/dev/full', 'w')
    try {
      const { status, stderr } = runOn(full)
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^[0-4]\n$/) })
    } finally {
      closeSync(full)
    }
  })

  it('says all where it can be', () => {
    const { status, stdout } = runOn('pipe')
    expect(status).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(20_000)
  })
})
