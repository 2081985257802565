import { describe, expect, it } from '@jest/globals'
import type { NodeReason } from '../api/nodeOomReport.ts'
import type { ContainerKillRecord } from '../api/oomReport.ts'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { killOf, nodeKillOf } from '../testing/killRecords.ts'
import { PastKills, findPodsOfKills } from './pastKills.ts'

const SPEC = { workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater' }, container: 'app' }
const record = (sequence: number, changes: Partial<ContainerKillRecord> = {}): ContainerKillRecord => ({
  ...killOf(sequence).record,
  sequence,
  time: new Date(Date.UTC(2026, 2, 1) + sequence * 1_000).toISOString(),
  ...changes,
})

describe('PastKills', () => {
  it('keeps each kill once, the newest first, and tells that something changed', () => {
    let changes = 0
    const kills = new PastKills(() => changes++)
    kills.noteStored('shop', SPEC, [record(2), record(1)])
    const key = { kind: 'OOMReport', namespace: 'shop', name: 'x' } as const
    kills.noteCounted([{ kind: 'OOMReport', key, spec: SPEC, workloadUid: undefined, record: record(2) }])
    kills.noteCounted([{ kind: 'OOMReport', key, spec: SPEC, workloadUid: undefined, record: record(3) }])
    expect(kills.newest().map(({ time }) => Number(time.slice(17, 19)))).toEqual([3, 2, 1])
    expect(kills.newest()[0]?.victim).toMatchObject({ namespace: 'shop', workload: 'eater', container: 'app' })
    expect(changes).toBe(3)
  })

  it('keeps kills of nodes, once each, with the list that names most', () => {
    const kills = new PastKills(() => undefined)
    const node = (sequence: number, reason: NodeReason) => nodeKillOf(sequence, { reason, candidates: 'all' }).record
    kills.noteNodeStored([node(1, 'OutsidePod'), node(2, 'PodUnknown'), node(3, 'Panic')])
    expect(kills.newest().map(({ victim, candidates }) => [victim, candidates])).toEqual([
      ['none', 'all'],
      [undefined, 'all'],
    ])
    kills.noteStored('shop', SPEC, [{ ...record(2), candidates: 'some' }])
    expect(kills.newest().find(({ victim }) => typeof victim === 'object')).toMatchObject({ candidates: 'all' })
    const key = { kind: 'OOMReport', namespace: 'shop', name: 'x' } as const
    const counted = { kind: 'OOMReport', key, spec: SPEC, workloadUid: undefined } as const
    kills.noteCounted([{ ...counted, record: record(4, { candidates: 'some' }), inLine: 'everybody' }])
    kills.noteStored('shop', SPEC, [record(4, { candidates: 'some' })])
    const newest = kills.newest().find(({ time }) => time === record(4).time)
    expect(newest).toMatchObject({ candidates: 'everybody', victim: { workload: 'eater' } })
  })

  it('keeps only so many, and none of a replay, nor of a report that nobody can read', () => {
    const kills = new PastKills(() => undefined)
    kills.noteStored(
      'shop',
      SPEC,
      Array.from({ length: 2_000 }, (_, index) => record(index + 1)),
    )
    expect(kills.newest()).toHaveLength(1_000)
    expect(kills.newest()[0]?.time).toBe(record(2_000).time)
    const none = new PastKills(() => undefined)
    none.noteStored('shop', SPEC, [record(1, { source: 'recording' })])
    none.noteStored('shop', { container: 7 }, [record(1)])
    expect(none.newest()).toEqual([])
  })
})

describe('findPodsOfKills', () => {
  const kill = (workload: string, podUid?: string) => {
    const kills = new PastKills(() => undefined)
    kills.noteStored('shop', { ...SPEC, workload: { ...SPEC.workload, name: workload } }, [record(1, { podUid })])
    const [only] = kills.newest()
    if (only === undefined) throw new Error('expected a kill')
    return only
  }
  const pods = {
    find: (uid: string) => (uid === 'known' ? cachedPodOf({ name: 'itself' }) : undefined),
    live: () => [cachedPodOf({ namespace: 'other' }), cachedPodOf({ name: 'todays' })],
  }

  it.each([
    ['the pod itself', 'eater', 'known', 'itself'],
    ['one of the same workload', 'eater', 'gone', 'todays'],
    ['one where the pod is not told', 'eater-abc', undefined, 'todays'],
    ['nobody for a workload that is gone', 'eat', 'gone', undefined],
  ])('finds %s', (_which, workload, uid, expected) => {
    const some = kill(workload, uid)
    const { victim } = some
    if (typeof victim !== 'object') throw new Error('expected a container')
    expect(findPodsOfKills(pods, [some]).ofVictim(some, victim)?.name).toBe(expected)
  })
})
