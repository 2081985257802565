import { describe, expect, it } from '@jest/globals'
import { cachedPodOf, containerOf } from '../testing/cachedPods.ts'
import { CONTAINER_ID, killEventOf, messageOf, POD_UID } from '../testing/killEvents.ts'
import { killOf } from '../testing/killRecords.ts'
import { PastKills } from './pastKills.ts'
import { readWholeLists } from './wholeLists.ts'

const SPEC = { workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater' }, container: 'app' }
const PART = '\n      PID   COMMAND\n      8123  eater\n      -     (other namespace)'
const STRANGER = cachedPodOf({ uid: 'x', namespace: 'etl', name: 'nightly-1', containers: [containerOf()] })
const candidates = [
  { pid: 8123, command: 'eater', uid: 0, totalVmPages: 9, rssPages: 8, badnessPages: 9 },
  {
    pid: 7,
    command: 'batch',
    uid: 0,
    totalVmPages: 9,
    rssPages: 8,
    badnessPages: 7,
    podUid: '11111111-2222-4333-8444-555566667777',
    containerId: CONTAINER_ID,
  },
]

async function read(...stored: number[]) {
  const kills = new PastKills(() => undefined)
  const record = (sequence: number) => ({ ...killOf(sequence).record, scope: 'Node' as const, candidates: PART })
  kills.noteStored('shop', SPEC, [record(1), record(2), { ...killOf(3).record, candidates: '\n      PID' }])
  const asked: string[] = []
  const findKill = async (subject: string) => {
    asked.push(subject.split('.').at(-1) ?? '')
    const sequence = Number(subject.split('.').at(-1))
    return stored.includes(sequence)
      ? messageOf(sequence, killEventOf({ sequence, scope: 'Node', candidates }))
      : undefined
  }
  await readWholeLists(kills, findKill, { findPod: (uid) => (uid === POD_UID ? cachedPodOf() : STRANGER) })
  return { asked: asked.toSorted(), lists: kills.newest().map((kill) => kill.candidates) }
}

describe('readWholeLists', () => {
  it('has the names of all where the stream holds the kill, of kills whose reports leave some out', async () => {
    const { asked, lists } = await read(1)
    expect(asked).toEqual(['1', '2'])
    expect(lists.filter((list) => list?.includes('etl/nightly-1/app'))).toHaveLength(1)
    expect(lists).toContain(PART)
  })

  it('reads none again that it has', async () => {
    const kills = new PastKills(() => undefined)
    const key = { kind: 'OOMReport', namespace: 'shop', name: 'x' } as const
    const record = { ...killOf(1).record, candidates: PART }
    kills.noteCounted([{ kind: 'OOMReport', key, spec: SPEC, workloadUid: undefined, record, inLine: 'all' }])
    expect(kills.inPart()).toEqual([])
  })
})
