import { describe, expect, it } from '@jest/globals'
import { decodeKillEvent, encodeKillEvent, type KillEvent } from './killEvent.ts'

const EVENT: KillEvent = {
  version: 1,
  node: 'node-a',
  bootId: '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60',
  sequence: 12,
  eventSequence: 4,
  killedAt: '2026-11-23T10:00:00.000Z',
  monotonicUsec: 5,
  source: 'kmsg',
  outcome: 'killed',
  scope: 'ContainerLimit',
  victim: { pid: 8123, command: 'eater' },
  attribution: { source: 'none' },
  domain: {},
  candidates: [],
  taskCount: 0,
  pageSizeKib: 4,
}

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

describe('decodeKillEvent', () => {
  it('reads what encodeKillEvent wrote', () => {
    expect(decodeKillEvent(encodeKillEvent(EVENT))).toEqual({ ok: true, event: EVENT })
  })

  it('ignores a field of a newer writer', () => {
    expect(decodeKillEvent(encode({ ...EVENT, later: 1 }))).toEqual({ ok: true, event: EVENT })
  })

  it('reads where the candidates come from, and an event of an older writer, which does not tell', () => {
    const live = { ...EVENT, candidatesFrom: 'liveCgroup' as const }
    expect(decodeKillEvent(encodeKillEvent(live))).toEqual({ ok: true, event: live })
    expect(decodeKillEvent(encode(EVENT))).toEqual({ ok: true, event: EVENT })
  })

  it.each([
    [new Uint8Array([0xff, 0xfe]), 'expected JSON, got 2 bytes'],
    [new Uint8Array(), 'expected JSON, got 0 bytes'],
    [encode([]), '(event): '],
    [encode({ ...EVENT, version: 2 }), 'version: '],
    [encode({ ...EVENT, victim: undefined }), 'victim: expected a victim'],
    [encode({ ...EVENT, victim: { pid: 1, command: 'x'.repeat(65) } }), 'victim.command: '],
    [encode({ ...EVENT, killedAt: 'yesterday' }), 'killedAt: '],
    [encode({ ...EVENT, sequence: -1 }), 'sequence: '],
    [encode({ ...EVENT, attribution: { source: 'dump', podUid: '../../x' } }), 'attribution.podUid: '],
    [encode({ ...EVENT, candidatesFrom: 'hearsay' }), 'candidatesFrom: '],
    [encode({ ...EVENT, candidates: Array.from({ length: 21 }, () => ({})) }), 'candidates'],
  ])('says in one line what was expected: case %#', (payload, reason) => {
    const decoded = decodeKillEvent(payload)
    expect(decoded).toEqual({ ok: false, reason: expect.stringContaining(reason) })
    expect(decoded.ok || decoded.reason).not.toContain('\n')
  })
})

describe('encodeKillEvent', () => {
  it('refuses an event that its reader would refuse', () => {
    expect(() => encodeKillEvent({ ...EVENT, node: '' })).toThrow(/node/)
  })
})
