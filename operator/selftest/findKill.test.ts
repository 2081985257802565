import { describe, expect, it } from '@jest/globals'
import { findKill, type RawReport } from './findKill.ts'

const kill = {
  podUid: 'a',
  victimCommand: 'node',
  scope: 'ContainerLimit',
  node: 'n1',
  time: '2026-03-01T12:00:00.000Z',
  seenAt: '2026-03-01T12:00:00.250Z',
}
const reports: RawReport[] = [
  { metadata: { name: 'new' } },
  { metadata: { name: 'pod.other.app' }, status: { lastKills: [{ ...kill, podUid: 'b' }] } },
  { metadata: { name: 'pod.test.victim' }, status: { lastKills: [kill, { ...kill, node: 'n0' }] } },
]

describe('findKill', () => {
  it('finds the newest kill of the pod, whatever else was killed', () => {
    expect(findKill(reports, 'a')).toEqual({
      report: 'pod.test.victim',
      victim: 'node',
      scope: 'ContainerLimit',
      node: 'n1',
      countedAfterMs: 250,
    })
  })

  it('finds none of a pod that lives', () => {
    expect(findKill(reports, 'c')).toBeUndefined()
  })
})
