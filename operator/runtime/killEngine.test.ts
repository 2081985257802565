import { beforeEach, describe, expect, it } from '@jest/globals'
import type { KillEvent } from '#contract/killEvent.ts'
import { operatorError } from '../errors.ts'
import { explainKill } from '../reports/explainKill.ts'
import { killKey } from '../reports/killRecord.ts'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { FakeReportStore } from '../testing/fakeReportStore.ts'
import { CONTAINER_ID, POD_UID, killEventOf, messageOf } from '../testing/killEvents.ts'
import { KillEngine, type CountedKills, type EnginePorts } from './killEngine.ts'
import { PodStore } from './podStore.ts'
import type { StoredMessage } from './readKill.ts'
import { ReportWriter } from './reportWriter.ts'
import type { ReportKey } from './reportStore.ts'

const KEY: ReportKey = { kind: 'OOMReport', namespace: 'shop', name: 'deployment.eater.app' }
const NONE: CountedKills = new Map()

let nowMs: number
let store: FakeReportStore
let pods: PodStore
let ports: EnginePorts
let rejects: { message: StoredMessage; reason: string }[]
let checkpoints: number[]
let troubles: string[]
let sleeps: ((totalMs: number) => void) | undefined

beforeEach(() => {
  nowMs = Date.parse('2026-03-01T10:00:01.000Z')
  store = new FakeReportStore()
  pods = new PodStore({ maxDeleted: 10, deletedTtlMs: 1, now: () => nowMs })
  rejects = []
  checkpoints = []
  troubles = []
  sleeps = undefined
  const now = () => new Date(nowMs)
  let sleptMs = 0
  ports = {
    now,
    waiting: {
      observer: { trouble: (part, error) => troubles.push(`${part}: ${(error as Error).message}`), fine: () => {} },
      sleep: async (ms) => {
        nowMs += ms
        sleeps?.((sleptMs += ms))
      },
      random: () => 0,
      monotonicMs: () => nowMs,
      signal: new AbortController().signal,
    },
    writer: new ReportWriter(store, { wrote: () => {}, written: () => {}, nodeWritten: () => {} }, now),
    findPod: (uid, node) => pods.find(uid, node),
    namespaceOf: (uid) => pods.namespaceOf(uid),
    getOwner: async () => ({
      kind: 'readable',
      controller: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater', uid: 'd' },
    }),
    explain: explainKill,
    publishReject: async (message, reason) => void rejects.push({ message, reason }),
    saveCheckpoint: async (_stream, sequence) => void checkpoints.push(sequence),
    afterWrites: async () => {},
    observer: { counted: () => {}, rejected: () => {} },
  }
  putPod()
})

function putPod(node = 'node-a', uid = POD_UID): void {
  pods.put(cachedPodOf({ uid, node }))
}

const kills = (from: number, to: number, changes: Partial<KillEvent> = {}): StoredMessage[] =>
  Array.from({ length: to - from + 1 }, (_, at) =>
    messageOf(from + at, killEventOf({ sequence: from + at, ...changes })),
  )

const process = (batch: readonly StoredMessage[], counted = NONE) =>
  new KillEngine(ports).processBatch('s1', batch, counted)

describe('KillEngine', () => {
  it('counts a victim of a group once that the kernel printed twice', async () => {
    await process([...kills(1, 1), messageOf(2, killEventOf({ sequence: 426, eventSequence: 425, repeats: 425 }))])
    expect([...store.reports.values()].map(({ status }) => (status as { kills: number }).kills)).toEqual([1])
    expect(checkpoints.at(-1)).toBe(2)
  })

  it('counts kills whose lines are lost, each by its cgroup’s number and count', async () => {
    const lost = (at: number, recoveredAs: string): StoredMessage => {
      const {
        victim: _victim,
        trigger: _trigger,
        ...event
      } = killEventOf({
        sequence: 0,
        eventSequence: 0,
        source: 'memoryEvents',
        recoveredAs,
        attribution: { source: 'counter', cgroupPath: '/x', podUid: POD_UID, containerId: CONTAINER_ID },
      })
      return messageOf(at, event)
    }
    await process([lost(1, 'm-70-1'), lost(2, 'm-70-2'), lost(3, 'm-70-2')])
    expect(store.statusOf(KEY.name)).toMatchObject({
      kills: 2,
      last: { victim: '(unknown)' },
      lastKills: [{ recoveredAs: 'm-70-2', source: 'memoryEvents' }, { recoveredAs: 'm-70-1' }],
    })
    expect(rejects).toEqual([])
  })

  it('counts kills in the report of their workload, and then moves the checkpoint', async () => {
    await process(kills(1, 3))
    expect(store.statusOf(KEY.name)).toMatchObject({
      kills: 3,
      workload: 'Deployment/eater',
      lastKills: [{ qosClass: 'Burstable', restarts: 0 }, {}, {}],
    })
    expect(store.patches).toBe(1)
    expect(checkpoints).toEqual([3])
  })

  it('counts again, exactly, what an answer was lost for', async () => {
    let lost = 2
    store.afterPatch = () => {
      if (lost-- > 0) throw operatorError('ApiserverUnreachable', 'cut off')
    }
    await process(kills(1, 3))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 3 })
    expect(troubles).toEqual(['apiserver: cut off'])
  })

  it('computes anew after a conflict', async () => {
    let others = 3
    store.beforePatch = () => void (others-- > 0 && store.touch(KEY))
    await process(kills(1, 2))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2 })
  })

  it('lets no report gain more between two checkpoints than it keeps in full', async () => {
    await process(kills(1, 45))
    expect(checkpoints).toEqual([20, 40, 45])
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 45 })
  })

  it('does not count again, elsewhere, what a report already holds above the checkpoint', async () => {
    pods.remove(POD_UID)
    nowMs += 3_600_000
    const events = [1, 2].map((sequence) => killEventOf({ sequence }))
    await process(kills(1, 2), new Map(events.map((event) => [killKey(event), KEY])))
    expect(store.reports.size).toBe(0)
    expect(checkpoints).toEqual([2])
  })

  it('moves the checkpoint behind what was counted before a crash, before a report could forget it', async () => {
    const counted = new Map(kills(1, 20).map((_message, at) => [killKey(killEventOf({ sequence: at + 1 })), KEY]))
    await process(kills(1, 22), counted)
    expect(checkpoints).toEqual([20, 22])
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2 })
  })

  it('sets a poisoned message aside and goes on with the others', async () => {
    const poisoned = { ...messageOf(2, killEventOf({ sequence: 2 })), data: new Uint8Array([1]) }
    await process([...kills(1, 1), poisoned, ...kills(3, 3)])
    expect(rejects).toEqual([{ message: poisoned, reason: expect.stringMatching(/^expected JSON/) }])
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2 })
    expect(checkpoints).toEqual([3])
  })

  it("refuses a kill that claims another node's pod", async () => {
    putPod('node-b')
    await process(kills(1, 1))
    expect(rejects[0]?.reason).toBe(`podUid: expected a pod bound to node "node-a", got ${POD_UID}, bound to "node-b"`)
    expect(store.reports.size).toBe(0)
  })

  it('waits for a pod that the watch has not told yet', async () => {
    pods = new PodStore({ maxDeleted: 10, deletedTtlMs: 1, now: () => nowMs })
    sleeps = (totalMs) => void (totalMs >= 1_000 && putPod())
    await process(kills(1, 1))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
  })

  it('counts on the node, with the UID, when the pod stays unknown', async () => {
    const other = '99999999-2222-4333-8444-555566667777'
    await process(kills(1, 1, { attribution: { source: 'dump', cgroupPath: '/x', podUid: other } }))
    expect(store.statusOf('node-a')).toMatchObject({ kills: 1, lastKills: [{ reason: 'PodUnknown', podUid: other }] })
  })

  it('waits for an unknown pod once', async () => {
    const attribution = { source: 'dump' as const, cgroupPath: '/x', podUid: '9'.repeat(32) }
    const before = nowMs
    const engine = new KillEngine(ports)
    for (const kill of [1, 2, 3]) await engine.processBatch('s1', kills(kill, kill, { attribution }), NONE)
    expect(nowMs - before).toBe(3_000)
  })

  it('does not wait for the pods of old kills', async () => {
    nowMs += 600_000
    const before = nowMs
    await process(kills(1, 1, { attribution: { source: 'dump', cgroupPath: '/x', podUid: '9'.repeat(32) } }))
    expect(nowMs).toBe(before)
  })

  it.each([
    ['OutsidePod', { attribution: { source: 'dump', cgroupPath: '/system.slice/x' } }, 1],
    ['CgroupUnknown', { attribution: { source: 'none' } }, 1],
    ['NoKillable', { outcome: 'noKillable', victim: undefined }, 0],
    ['Panic', { outcome: 'panic', victim: undefined }, 0],
  ] as const)('counts on the node what no pod lost: %s', async (reason, changes, counted) => {
    // JSON leaves out a victim that is undefined.
    await process([messageOf(1, { ...killEventOf(), ...changes } as KillEvent)])
    expect(store.statusOf('node-a')).toMatchObject({ kills: counted, withoutVictim: 1 - counted, last: { reason } })
  })

  it('counts on the node, in order, what a namespace refuses', async () => {
    const message = 'namespaces "shop" not found'
    store.refusals.set('OOMReport/shop/deployment.eater.app', { outcome: 'refused', reason: 'NamespaceGone', message })
    const outside = messageOf(3, killEventOf({ sequence: 3, attribution: { source: 'dump', cgroupPath: '/x' } }))
    await process([...kills(1, 2), outside, ...kills(4, 4)])
    expect(store.statusOf('node-a')).toMatchObject({
      kills: 4,
      byReason: { NamespaceGone: 3, OutsidePod: 1 },
      watermark: { sequence: 4 },
      lastKills: [{ detail: message }, { reason: 'OutsidePod' }, {}, {}],
    })
  })

  it('sets aside what no report takes', async () => {
    store.refusals.set('NodeOOMReport/node-a', {
      outcome: 'refused',
      reason: 'WriteRefused',
      message: 'webhook says no',
    })
    await process(kills(1, 1, { attribution: { source: 'none' } }))
    expect(rejects).toMatchObject([{ reason: 'webhook says no' }])
    expect(checkpoints).toEqual([1])
  })

  it('makes a report anew that was deleted: it holds what came after', async () => {
    await process(kills(1, 3))
    store.reports.clear()
    await process(kills(4, 4))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
  })

  it('keeps trying to store the checkpoint', async () => {
    const save = ports.saveCheckpoint
    let away = 3
    ports.saveCheckpoint = async (stream, sequence) => {
      if (away-- > 0) throw operatorError('NatsUnavailable', 'away')
      await save(stream, sequence)
    }
    await process(kills(1, 1))
    expect(checkpoints).toEqual([1])
    expect(troubles).toHaveLength(3)
  })
})
