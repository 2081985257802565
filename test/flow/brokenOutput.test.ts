import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const root = resolve(import.meta.dirname, '../..')
const command = resolve(root, 'bin/oomkeeper')
const LOG = 'test/fixtures/kmsg/6.12-global.kmsg'

const CALLS: readonly (readonly string[])[] = [
  ['--help'],
  ['--version'],
  ['rank'],
  ['rank', '--help'],
  ['rank', '--watch', '--interval', '0.5', '--output', 'json'],
  ['node', '--fail-on', 'never'],
  ['simulate'],
  ['analyze', LOG],
]

/** The kernel's device for a disk without room: each write is ENOSPC. */
let full = 0

beforeAll(() => {
  full = openSync('/dev/full', 'w')
})

afterAll(() => closeSync(full))

describe('a command whose output cannot be written', () => {
  it.each(CALLS.map((argv) => [argv.join(' '), argv] as const))('says so in one line: %s', (_, argv) => {
    const { status, stderr } = spawnSync(command, argv, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    })
    expect({ status, stderr }).toEqual({
      status: 3,
      stderr: expect.stringMatching(/^oomkeeper[^\n]*: expected to write to the standard output, got: ENOSPC[^\n]*\n$/),
    })
  })
})

/** Its reader is gone before it begins. */
function runUnread(argv: readonly string[]) {
  const script = '{ sleep 0.2; "$@"; echo "$?" >&3; } 3>&2 | true'
  return spawnSync('bash', ['-c', script, 'bash', command, ...argv], { cwd: root, encoding: 'utf8' })
}

describe('a command whose reader has seen enough', () => {
  it.each(CALLS.map((argv) => [argv.join(' '), argv] as const))('ends quietly: %s', (_, argv) => {
    expect(runUnread(argv).stderr).toBe('0\n')
  })

  it('ends with its verdict all the same', () => {
    const fails = ['node', '--fail-on', 'note']
    const { status } = spawnSync(command, fails, { cwd: root, stdio: 'ignore' })
    expect(runUnread(fails).stderr).toBe(`${status}\n`)
    expect(runUnread(['simulate', '--until', '900Ti']).stderr).toBe('1\n')
  })
})
