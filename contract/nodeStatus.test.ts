import { describe, expect, it } from '@jest/globals'
import { decodeNodeStatus, encodeNodeStatus, type NodeStatus } from './nodeStatus.ts'

const STATUS: NodeStatus = {
  version: 2,
  node: 'node-a',
  reportedAt: '2026-03-01T10:00:00.000Z',
  mode: 'full',
  desiredRevision: 7,
  rules: [{ policy: 'p', uid: '0b8f0a53-5c1e-4b0e-9d0c-6f3f5b1f9d11', generation: 1 }],
  reasons: [{ reason: 'KernelRefused', message: 'no right' }],
  containers: [
    {
      containerId: 'a'.repeat(64),
      outcomes: [
        { rule: 0, outcome: 'applied', processes: 3 },
        { rule: 0, outcome: 'failed', processes: 1, reason: 0 },
      ],
    },
  ],
  restoring: 0,
  heldSince: '2026-03-01T09:00:00.000Z',
}

describe('decodeNodeStatus', () => {
  it('reads what encodeNodeStatus wrote', () => {
    expect(decodeNodeStatus(encodeNodeStatus(STATUS))).toEqual({ ok: true, status: STATUS })
  })

  it('takes a reason that this operator does not know yet', () => {
    const status = { ...STATUS, reasons: [{ reason: 'NewReason', message: '' }] }
    expect(decodeNodeStatus(JSON.stringify(status))).toEqual({ ok: true, status })
  })

  it.each([
    [JSON.stringify({ ...STATUS, version: 1 }), 'version: expected 2, got 1: the agent is older, upgrade it'],
    [JSON.stringify({ ...STATUS, version: 3 }), 'version: expected 2, got 3: this operator is older, upgrade it'],
    ['nonsense', 'expected JSON, got 8 characters that are not'],
    [JSON.stringify({ ...STATUS, reasons: [{ reason: 'not a word', message: '' }] }), 'reasons.0.reason: '],
  ])('refuses what it cannot read, and says why: case %#', (text, reason) => {
    expect(decodeNodeStatus(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })
})
