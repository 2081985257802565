import { describe, expect, it } from '@jest/globals'
import type { KillCandidate } from '#contract/killEvent.ts'
import { cachedPodOf, containerOf } from '../testing/cachedPods.ts'
import { killEventOf, POD_UID } from '../testing/killEvents.ts'
import type { CachedPod } from './pod.ts'
import { nodeTarget, resolveTarget } from './resolveTarget.ts'

const NEIGHBOUR_UID = '11111111-2222-4333-8444-555566667777'
const STRANGER_UID = '22222222-2222-4333-8444-555566667777'
const ELSEWHERE_UID = '33333333-2222-4333-8444-555566667777'
const containers = [containerOf({ id: 'b'.repeat(64), name: 'postgresql' })]
const PODS: Readonly<Record<string, CachedPod>> = {
  [POD_UID]: cachedPodOf(),
  [NEIGHBOUR_UID]: cachedPodOf({ uid: NEIGHBOUR_UID, name: 'db-0', containers }),
  [STRANGER_UID]: cachedPodOf({ uid: STRANGER_UID, namespace: 'etl', name: 'nightly-1', containers }),
  [ELSEWHERE_UID]: cachedPodOf({ uid: ELSEWHERE_UID, name: 'away-0', node: 'node-b', containers }),
}
const context = {
  now: new Date('2026-03-01T10:00:01.000Z'),
  findPod: (uid: string) => PODS[uid],
  namespaceOf: (uid: string) => PODS[uid]?.namespace,
  getOwner: async () => ({ kind: 'readable', controller: undefined }) as const,
  explain: () => ({}),
}

const candidate = (pid: number, podUid?: string, containerId?: string): KillCandidate => {
  const place = { ...(podUid !== undefined && { podUid }), ...(containerId !== undefined && { containerId }) }
  return { pid, command: `c${pid}`, uid: 0, totalVmPages: 9, rssPages: 8, badnessPages: 7, liveOomScore: 1, ...place }
}
const EVENT = killEventOf({
  scope: 'Node',
  candidates: [
    candidate(8123),
    candidate(2, NEIGHBOUR_UID, 'b'.repeat(64)),
    candidate(3, NEIGHBOUR_UID, 'f'.repeat(64)),
    candidate(4, STRANGER_UID, 'b'.repeat(64)),
    candidate(5, ELSEWHERE_UID, 'b'.repeat(64)),
    candidate(6),
  ],
})

/** `2 db-0/postgresql` of each row. */
function rowsOf(table: string | undefined): string[] {
  const [titles = '', ...rows] = table?.split('\n').slice(1) ?? []
  const at = titles.indexOf('CONTAINER')
  return rows.map((line) => `${line.trim().split(' ')[0] ?? ''} ${line.slice(at)}`.trim())
}

describe('who was in line, by container', () => {
  it('is named in a report where its namespace reads it, and in full for replays', async () => {
    const target = await resolveTarget(EVENT, context)
    if (target.kind !== 'OOMReport') throw new Error(`expected a kill of a pod, got ${target.kind}`)
    expect(rowsOf(target.record.candidates)).toEqual([
      '8123 eater-abc-1/app',
      '2 db-0/postgresql',
      '3 db-0/-',
      '-',
      '5',
      '-',
    ])
    expect(rowsOf(target.inLine)).toEqual([
      '8123 shop/eater-abc-1/app',
      '2 shop/db-0/postgresql',
      '3 shop/db-0/-',
      '4 etl/nightly-1/postgresql',
      '5',
      '6 -',
    ])
  })

  it('is not kept twice where it was the container’s own limit', async () => {
    expect(await resolveTarget(killEventOf(), context)).toMatchObject({ inLine: undefined })
  })

  it('is named with its namespace in the report of the node', () => {
    const { record } = nodeTarget(EVENT, 'OutsidePod', context)
    expect(rowsOf(record.candidates)).toContain('4 etl/nightly-1/postgresql')
  })
})
