import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import type { AgentMode } from '#contract/nodeStatus.ts'
import { raiseOwnPriority } from './ownPriority.ts'

let proc: string
let said: string[]
let priorities: number[]

const ofSession = (session: number) => writeFileSync(join(proc, 'stat'), `7 (node) S 1 7 ${session} 0 -1 0\n`)
const raise = (setOwn = (priority: number) => void priorities.push(priority), mode: AgentMode = 'full') =>
  raiseOwnPriority(pino({ level: 'info' }, { write: (line) => void said.push(line) }), mode, proc, setOwn)

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'oomkeeper-priority-'))
  writeFileSync(join(proc, 'autogroup'), '')
  said = []
  priorities = []
})

afterEach(() => rmSync(proc, { recursive: true }))

describe('raiseOwnPriority', () => {
  it('raises this process, and its session when it is its own', () => {
    ofSession(process.pid)
    raise()
    expect(priorities).toEqual([-14])
    expect(readFileSync(join(proc, 'autogroup'), 'utf8')).toBe('-14')
  })

  it('leaves a session alone that others are in', () => {
    ofSession(process.pid + 1)
    raise()
    expect(priorities).toEqual([-14])
    expect(readFileSync(join(proc, 'autogroup'), 'utf8')).toBe('')
  })

  it('writes nothing in /proc in mode detect', () => {
    ofSession(process.pid)
    raise(undefined, 'detect')
    expect(priorities).toEqual([-14])
    expect(readFileSync(join(proc, 'autogroup'), 'utf8')).toBe('')
  })

  it('goes on where it cannot, and says so once', () => {
    raise(() => {
      throw new Error('ESRCH')
    })
    expect(said).toEqual([expect.stringContaining("expected to raise the agent's own priority, got: ESRCH")])
  })

  it('says nothing where it may not: the chart leaves that right out', () => {
    raise(() => {
      throw Object.assign(new Error('permission denied'), { code: 'ERR_SYSTEM_ERROR', errno: -constants.errno.EACCES })
    })
    expect(said).toEqual([])
  })

  it('says nothing of a kernel that is not fair between sessions', () => {
    ofSession(process.pid)
    rmSync(join(proc, 'autogroup'))
    raise()
    expect(said).toEqual([])
    expect(existsSync(join(proc, 'autogroup'))).toBe(false)
  })
})
