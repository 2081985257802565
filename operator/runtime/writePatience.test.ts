import { beforeEach, describe, expect, it } from '@jest/globals'
import { operatorError } from '../errors.ts'
import type { ReportKey } from './reportStore.ts'
import { WritePatience } from './writePatience.ts'

const HELD: ReportKey = { kind: 'OOMReport', namespace: 'held', name: 'deployment.a.app' }
const OTHER: ReportKey = { kind: 'OOMReport', namespace: 'shop', name: 'deployment.b.app' }
const NODE: ReportKey = { kind: 'NodeOOMReport', name: 'node-a' }
const FAILED = operatorError('WebhookFailed', 'expected the webhook to answer, got none')

let nowMs: number
let patience: WritePatience

beforeEach(() => {
  nowMs = 0
  patience = new WritePatience(300_000, () => nowMs)
})

/** Tries every ten seconds. @returns after how many seconds it is given up, an hour and a half at most. */
function triedFor(key: ReportKey, eachTime: () => void = () => {}): number {
  for (const startMs = nowMs; nowMs - startMs <= 5_400_000; nowMs += 10_000) {
    if (patience.failed(key, FAILED) !== undefined) return (nowMs - startMs) / 1_000
    eachTime()
  }
  return Infinity
}

describe('WritePatience', () => {
  it('gives a report up after its patience, where others are written', () => {
    expect(triedFor(HELD, () => patience.written(OTHER))).toBe(300)
    expect(patience.failed(HELD, FAILED)).toEqual({
      outcome: 'refused',
      reason: 'WriteRefused',
      message: 'for 300 s: expected the webhook to answer, got none',
    })
  })

  it('tries for an hour where no other is written: the webhook may stand before all', () => {
    expect(triedFor(HELD)).toBe(3_600)
  })

  it('gives a node’s report up after an hour where others are written, and never where none is', () => {
    expect(triedFor(NODE)).toBe(Infinity)
    patience = new WritePatience(300_000, () => nowMs)
    expect(triedFor(NODE, () => patience.written(OTHER))).toBe(3_600)
  })

  it('has no more patience with a report that was given up, until it is written', () => {
    triedFor(HELD, () => patience.written(OTHER))
    nowMs += 1_000
    expect(patience.failed(HELD, FAILED)).toMatchObject({ outcome: 'refused' })
    patience.written(HELD)
    expect(triedFor(HELD, () => patience.written(OTHER))).toBe(300)
  })

  it('begins anew when the apiserver was away, and counts no other failure', () => {
    patience.failed(HELD, FAILED)
    nowMs = 200_000
    patience.failed(HELD, operatorError('ApiserverUnreachable', 'cut off'))
    patience.written(OTHER)
    expect(triedFor(HELD, () => patience.written(OTHER))).toBe(300)
    for (let tries = 0; tries < 100; tries++, nowMs += 60_000) {
      patience.written(OTHER)
      expect(patience.failed(OTHER, operatorError('ApiserverRefused', 'etcd has no leader'))).toBeUndefined()
    }
  })
})
