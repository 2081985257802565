import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { auditRecord } from '#contract/auditRecord.ts'
import type { WriteNote } from '../adjust/adjuster.ts'
import { processOf, ruleOf } from '../testing/rules.ts'
import { AuditTrail } from './auditTrail.ts'

const CONTAINER = { containerId: 'a'.repeat(64), podUid: 'pod-1', name: 'app', cgroup: '/a', processes: [] }
const note = (pid: number): WriteNote => ({
  file: 'oom_score_adj',
  container: CONTAINER,
  process: processOf(pid, 0, { command: 'a\u001b[31m' }),
  to: 500,
  rule: ruleOf(),
  desiredRevision: 7,
})

let trail: AuditTrail
let isConnected: boolean
/** Lets the time go by that it waits for. */
let pass: () => void
let failure: Error | undefined
let published: string[]
let said: string[]
let [stored, dropped] = [0, 0]
let stop: AbortController

/** What is due by then. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await turn()
}

const pids = () => published.map((payload) => (JSON.parse(payload) as { pid: number }).pid)

beforeEach(() => {
  isConnected = true
  failure = undefined
  published = []
  said = []
  stored = dropped = 0
  stop = new AbortController()
  trail = new AuditTrail(
    'node-a',
    {
      isConnected: () => isConnected,
      publish: (subject, payload) => {
        if (failure !== undefined) return Promise.reject(failure)
        published.push(payload)
        return Promise.resolve(subject)
      },
      now: () => new Date('2026-03-01T10:00:00.000Z'),
      sleep: (_ms, until) =>
        new Promise((resolve) => {
          pass = resolve
          until.addEventListener('abort', () => resolve())
        }),
      onStored: () => stored++,
      onDropped: () => dropped++,
    },
    pino({ base: null }, { write: (line: string) => void said.push(line) }),
  )
  void trail.run(stop.signal)
})

afterEach(() => stop.abort())

describe('AuditTrail', () => {
  it('tells of a write at once: time, node, pod, container, process, policy and revision', async () => {
    trail.note(note(1))
    await settle()
    expect(published.map((payload) => auditRecord.parse(JSON.parse(payload)))).toEqual([
      {
        version: 1,
        node: 'node-a',
        writtenAt: '2026-03-01T10:00:00.000Z',
        action: 'Apply',
        podUid: 'pod-1',
        container: 'app',
        containerId: CONTAINER.containerId,
        policy: { policy: 'p', uid: ruleOf().uid, generation: 1 },
        desiredRevision: 7,
        file: 'oom_score_adj',
        pid: 1,
        command: expect.not.stringContaining('\u001b'),
        from: 0,
        to: 500,
      },
    ])
  })

  it('tells of a restore, and of a container that has its own kill scope back', async () => {
    trail.note({
      file: 'memory.oom.group',
      container: CONTAINER,
      from: 'Process',
      to: 'Container',
      rule: undefined,
      desiredRevision: undefined,
    })
    await settle()
    expect(published.map((payload) => auditRecord.parse(JSON.parse(payload)))).toMatchObject([
      { action: 'Restore', file: 'memory.oom.group', from: 0, to: 1 },
    ])
  })

  it('sends again what could not be stored, in its order, and says why once', async () => {
    failure = new Error('no responders')
    trail.note(note(1))
    await settle()
    trail.note(note(2))
    pass()
    await settle()
    failure = undefined
    pass()
    await settle()
    expect([pids(), stored]).toEqual([[1, 2], 2])
    expect(said).toEqual([
      expect.stringContaining('expected to store what was written in OOM_AUDIT, got: no responders'),
    ])
  })

  it('keeps the newest while NATS is away, and counts those that it gives up', async () => {
    isConnected = false
    for (let pid = 1; pid <= 4_100; pid++) trail.note(note(pid))
    await settle()
    expect([published.length, dropped]).toEqual([0, 4])
    isConnected = true
    pass()
    while (stored < 4_096) await turn()
    expect([pids()[0], pids().at(-1)]).toEqual([5, 4_100])
  })
})
