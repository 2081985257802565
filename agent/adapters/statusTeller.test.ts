import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from '@jest/globals'
import type { NatsConnection } from 'nats'
import pino from 'pino'
import { decodeNodeStatus, type NodeStatus } from '#contract/nodeStatus.ts'
import { StatusTeller, type NodeReport } from './statusTeller.ts'

const CONTAINER = 'a'.repeat(64)
const RULES = [{ policy: 'p', uid: 'u', generation: 1 }]

/** One container whose rule was applied to so many processes. */
const reportOf = (processes: number): NodeReport => ({
  rules: RULES,
  reasons: [],
  containers: [{ containerId: CONTAINER, outcomes: [{ rule: 0, outcome: 'applied', processes }] }],
  desiredRevision: 7,
})

let told: NodeStatus[]
let failure: Error | undefined
let teller: StatusTeller

const tell = async (report: NodeReport): Promise<void> => {
  teller.tell(report)
  for (let turns = 0; turns < 5; turns++) await turn()
}

beforeEach(() => {
  told = []
  failure = undefined
  const request = (_subject: string, payload: string) => {
    if (failure !== undefined) return Promise.reject(failure)
    const decoded = decodeNodeStatus(payload)
    if (decoded.ok) told.push(decoded.status)
    return Promise.resolve()
  }
  const connection = Promise.resolve({ request } as unknown as NatsConnection)
  teller = new StatusTeller({ node: 'node-a', mode: 'raise' }, connection, () => undefined, pino({ level: 'silent' }))
})

describe('StatusTeller', () => {
  it('tells a status once, and the next one when it differs', async () => {
    await tell(reportOf(1))
    await tell(reportOf(1))
    expect(told).toMatchObject([{ node: 'node-a', mode: 'raise', desiredRevision: 7, rules: RULES }])
    await tell({ ...reportOf(1), desiredRevision: 8 })
    expect(told).toHaveLength(2)
  })

  it('tells that there are more processes with the next word, and that there are none at once', async () => {
    await tell(reportOf(1))
    await tell(reportOf(9))
    expect(told).toHaveLength(1)
    await tell(reportOf(0))
    expect(told).toHaveLength(2)
  })

  it('tells again what could not be stored', async () => {
    failure = new Error('no responders')
    await tell(reportOf(1))
    failure = undefined
    await tell(reportOf(1))
    expect(told).toHaveLength(1)
  })
})
