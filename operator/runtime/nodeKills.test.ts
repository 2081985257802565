import { describe, expect, it } from '@jest/globals'
import type { NodeKillRecord } from '../api/nodeOomReport.ts'
import { nodeKillOf } from '../testing/killRecords.ts'
import { nodeKillsOf, storedNodeKillsOf } from './nodeKills.ts'
import type { Target } from './resolveTarget.ts'

const TIME = '2026-03-01T10:00:00.000Z'

function target(record: Partial<NodeKillRecord>, storedAtMs?: number): Target {
  return {
    kind: 'NodeOOMReport',
    key: { kind: 'NodeOOMReport', name: 'node-a' },
    spec: { node: 'node-a' },
    record: {
      ...nodeKillOf(1, { reason: 'OutsidePod' }).record,
      node: 'node-a',
      scope: 'Node',
      time: TIME,
      seenAt: TIME,
      ...record,
    },
    ...(storedAtMs !== undefined && { storedAtMs }),
  }
}

describe('nodeKillsOf', () => {
  it.each(['Node', 'Kubepods'] as const)('takes a kill of scope %s', (scope) => {
    expect(nodeKillsOf([target({ scope })])).toEqual([{ node: 'node-a', atMs: Date.parse(TIME) }])
  })

  it.each<Partial<NodeKillRecord>>([{ scope: 'HostCgroup' }, { scope: 'ContainerLimit' }, { source: 'recording' }])(
    'leaves out %j',
    (record) => {
      expect(nodeKillsOf([target(record)])).toEqual([])
    },
  )

  it('takes the time at which it was stored where the node’s clock is ahead', () => {
    const storedAtMs = Date.parse(TIME) - 5_000
    expect(nodeKillsOf([target({}, storedAtMs), target({}, storedAtMs + 60_000)]).map(({ atMs }) => atMs)).toEqual([
      storedAtMs,
      Date.parse(TIME),
    ])
  })
})

describe('storedNodeKillsOf', () => {
  it('takes of a report what was the node’s affair, with the time at which it was counted', () => {
    const seenAt = '2026-03-01T10:00:05.000Z'
    const records = [target({ seenAt }), target({ scope: 'PodLimit' }), target({ source: 'recording' })]
    expect(storedNodeKillsOf(records.map(({ record }) => record))).toEqual([
      { node: 'node-a', atMs: Date.parse(TIME), countedAtMs: Date.parse(seenAt) },
    ])
  })

  it('takes the time at which it was counted where the node’s clock is ahead', () => {
    const { record } = target({ time: '2026-03-01T11:00:00.000Z' })
    expect(storedNodeKillsOf([record])).toMatchObject([{ atMs: Date.parse(TIME) }])
  })
})
