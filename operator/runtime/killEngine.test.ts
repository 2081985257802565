import { beforeEach, describe, expect, it } from '@jest/globals'
import type { KillEvent } from '#contract/killEvent.ts'
import { MAX_UNSETTLED } from '../api/killRecord.ts'
import { operatorError } from '../errors.ts'
import { explainKill } from '../reports/explainKill.ts'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { FakeClock } from '../testing/fakeClock.ts'
import { FakeReportStore } from '../testing/fakeReportStore.ts'
import { CONTAINER_ID, POD_UID, killEventOf, messageOf } from '../testing/killEvents.ts'
import { KillEngine, type EnginePorts } from './killEngine.ts'
import { PodStore } from './podStore.ts'
import type { StoredMessage } from './readKill.ts'
import { ReportWriter } from './reportWriter.ts'
import type { ReportKey } from './reportStore.ts'
import { WriteBudget } from './writeBudget.ts'
import { WritePatience } from './writePatience.ts'

const KEY: ReportKey = { kind: 'OOMReport', namespace: 'shop', name: 'deployment.eater.app' }
const NONE: ReadonlySet<number> = new Set()

let clock: FakeClock
let store: FakeReportStore
let pods: PodStore
let ports: EnginePorts
let stream: StoredMessage[]
let rejects: { message: StoredMessage; reason: string }[]
let checkpoints: number[]
let troubles: string[]

beforeEach(() => {
  clock = new FakeClock(Date.parse('2026-03-01T10:00:01.000Z'))
  store = new FakeReportStore()
  pods = new PodStore({ maxDeleted: 10, deletedTtlMs: 1, now: () => clock.nowMs })
  stream = []
  rejects = []
  checkpoints = []
  troubles = []
  const now = () => new Date(clock.nowMs)
  const waiting: EnginePorts['waiting'] = {
    observer: { trouble: (part, error) => troubles.push(`${part}: ${(error as Error).message}`), fine: () => {} },
    sleep: clock.sleep,
    random: () => 0,
    monotonicMs: () => clock.nowMs,
    signal: new AbortController().signal,
  }
  ports = {
    now,
    waiting,
    budget: new WriteBudget({ perSecond: 100, maxInFlight: 4, reportEveryMs: 1_000 }, waiting),
    patience: new WritePatience(300_000, waiting.monotonicMs),
    maxWaitingBytes: 1_000_000,
    readMessage: async (sequence) => stream.find((message) => message.sequence === sequence),
    writer: new ReportWriter(
      store,
      { repaired: () => {}, wrote: () => {}, written: () => {}, nodeWritten: () => {} },
      now,
    ),
    findPod: (uid, node) => pods.find(uid, node),
    namespaceOf: (uid) => pods.namespaceOf(uid),
    getOwner: async () => ({
      kind: 'readable',
      controller: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater', uid: 'd' },
    }),
    explain: explainKill,
    publishReject: async (message, reason) => void rejects.push({ message, reason }),
    saveCheckpoint: async ({ sequence }) => checkpoints.push(sequence),
    afterWrites: async () => {},
    observer: { counted: () => {}, rejected: () => {}, refused: () => {} },
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

/** Counts one batch to its end, in a session of its own behind the checkpoint. */
async function process(batch: readonly StoredMessage[], alreadyCounted = NONE) {
  stream.push(...batch)
  const settled = (batch[0]?.sequence ?? 1) - 1
  const counting = new KillEngine(ports).open({ stream: 's1', settled, alreadyCounted, onSettled: () => {} })
  await clock.until(counting.accept(batch))
  await clock.until(counting.drained())
  await counting.close()
}

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

  it('asks for the owners of several kills at a time, and counts in the order of the stream whoever is told of first', async () => {
    const uidOf = (at: number) => POD_UID.replace(/..$/, `${10 + at}`)
    for (let at = 1; at <= 20; at++)
      pods.put({
        ...cachedPodOf({ uid: uidOf(at) }),
        controller: { apiVersion: 'x/v1', kind: 'Set', name: `s${at}`, uid: `${at}` },
      })
    let [asking, most] = [0, 0]
    ports.getOwner = async (_namespace, { uid }) => {
      most = Math.max(most, ++asking)
      await clock.sleep(100 - Number(uid))
      asking--
      return { kind: 'readable', controller: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater', uid: 'd' } }
    }
    const place = (podUid: string) => ({ source: 'dump' as const, cgroupPath: '/x', podUid, containerId: CONTAINER_ID })
    await process(
      Array.from({ length: 20 }, (_, at) => kills(at + 1, at + 1, { attribution: place(uidOf(at + 1)) })).flat(),
    )
    expect(most).toBe(8)
    const { lastKills } = store.statusOf(KEY.name) as { lastKills: { sequence: number }[] }
    expect(lastKills.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, at) => 20 - at))
    expect(store.patches).toBe(1)
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

  it('writes the first kill of a report at once, and those that come meanwhile together, a second later', async () => {
    const counting = new KillEngine(ports).open({ stream: 's1', settled: 0, alreadyCounted: NONE, onSettled: () => {} })
    const startMs = clock.nowMs
    const writtenMs: number[] = []
    store.afterPatch = () => void writtenMs.push(clock.nowMs - startMs)
    await counting.accept(kills(1, 1))
    await counting.accept(kills(2, 30))
    await counting.accept(kills(31, 45))
    await clock.until(counting.drained())
    expect(writtenMs).toEqual([0, 1_000])
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 45 })
    expect(checkpoints.at(-1)).toBe(45)
  })

  it('lets no report hold more above the checkpoint than its watermark has room for', async () => {
    const total = MAX_UNSETTLED * 2 + 45
    await process(kills(1, total))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: total, byNode: { 'node-a': total } })
    expect(checkpoints.at(-1)).toBe(total)
  })

  it('keeps the reader waiting while what is not written takes its place in memory', async () => {
    // A kill is more than 1 KB here.
    ports.maxWaitingBytes = 2_500
    let held = 0
    let most = 0
    const counting = new KillEngine(ports).open({ stream: 's1', settled: 0, alreadyCounted: NONE, onSettled: () => {} })
    ports.saveCheckpoint = async () => 1
    store.afterPatch = () => void (held = 0)
    for (const kill of kills(1, 30)) {
      await clock.until(counting.accept([kill]))
      most = Math.max(most, ++held)
    }
    await clock.until(counting.drained())
    expect(most).toBeLessThanOrEqual(3)
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 30 })
  })

  it('moves the checkpoint no further than a report that cannot be written, and goes on with the others', async () => {
    const away = new AbortController()
    let tries = 0
    store.beforePatch = (key) => {
      if (key.kind !== 'OOMReport') return
      if (++tries > 20) away.abort(new Error('end of the test'))
      throw operatorError('ApiserverRefused', 'webhook is away')
    }
    ports.waiting = { ...ports.waiting, signal: away.signal }
    const counting = new KillEngine(ports).open({ stream: 's1', settled: 0, alreadyCounted: NONE, onSettled: () => {} })
    const outside = (at: number) => kills(at, at, { attribution: { source: 'dump', cgroupPath: '/x' } })
    await counting.accept([...outside(1), ...kills(2, 2), ...outside(3)])
    await expect(clock.until(counting.drained())).rejects.toThrow('end of the test')
    expect(store.statusOf('node-a')).toMatchObject({ kills: 2 })
    expect(checkpoints).toEqual([1])
  })

  it('counts nothing of a session that is closed', async () => {
    const counting = new KillEngine(ports).open({ stream: 's1', settled: 0, alreadyCounted: NONE, onSettled: () => {} })
    ports.waiting.sleep = () => new Promise(() => {})
    await counting.accept(kills(1, 1))
    await clock.until(counting.drained())
    await counting.accept(kills(2, 5))
    await counting.close()
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
    expect(checkpoints).toEqual([1])
  })

  it('does not count again, elsewhere, what a report already holds above the checkpoint', async () => {
    pods.remove(POD_UID)
    clock.nowMs += 3_600_000
    await process(kills(1, 2), new Set([1, 2]))
    expect(store.reports.size).toBe(0)
    expect(checkpoints.at(-1)).toBe(2)
  })

  it('sets a poisoned message aside and goes on with the others', async () => {
    const poisoned = { ...messageOf(2, killEventOf({ sequence: 2 })), data: new Uint8Array([1]) }
    await process([...kills(1, 1), poisoned, ...kills(3, 3)])
    expect(rejects).toEqual([{ message: poisoned, reason: expect.stringMatching(/^expected JSON/) }])
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2 })
    expect(store.statusOf('node-a')).toMatchObject({ kills: 0, byReason: { EventRejected: 1 } })
    expect(checkpoints.at(-1)).toBe(3)
  })

  it("refuses a kill that claims another node's pod", async () => {
    putPod('node-b')
    await process(kills(1, 1))
    expect(rejects[0]?.reason).toBe(`podUid: expected a pod bound to node "node-a", got ${POD_UID}, bound to "node-b"`)
    expect([...store.reports.keys()]).toEqual(['NodeOOMReport/node-a'])
    expect(store.statusOf('node-a')).toMatchObject({
      kills: 0,
      lastKills: [],
      lastRejects: [{ detail: rejects[0]?.reason }],
    })
    expect(checkpoints.at(-1)).toBe(1)
  })

  it('waits for a pod that the watch has not told yet', async () => {
    pods = new PodStore({ maxDeleted: 10, deletedTtlMs: 1, now: () => clock.nowMs })
    void clock.sleep(1_000).then(() => putPod())
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
    const before = clock.nowMs
    const counting = new KillEngine(ports).open({ stream: 's1', settled: 0, alreadyCounted: NONE, onSettled: () => {} })
    for (const kill of [1, 2, 3]) await clock.until(counting.accept(kills(kill, kill, { attribution })))
    expect(clock.nowMs - before).toBe(3_000)
  })

  it('does not wait for the pods of old kills', async () => {
    clock.nowMs += 600_000
    const before = clock.nowMs
    await process(kills(1, 1, { attribution: { source: 'dump', cgroupPath: '/x', podUid: '9'.repeat(32) } }))
    expect(clock.nowMs).toBe(before)
  })

  it('waits for the pod of a kill that has just come, also of a node whose clock is an hour behind', async () => {
    clock.nowMs += 3_600_000
    putPod('')
    void clock.sleep(1_000).then(() => putPod())
    const [kill] = kills(1, 1)
    if (kill === undefined) throw new Error('expected a kill')
    await process([{ ...kill, storedAtMs: clock.nowMs }])
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
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

  it('counts on the node what a namespace refuses', async () => {
    const message = 'namespaces "shop" not found'
    store.refusals.set('OOMReport/shop/deployment.eater.app', { outcome: 'refused', reason: 'NamespaceGone', message })
    const outside = messageOf(3, killEventOf({ sequence: 3, attribution: { source: 'dump', cgroupPath: '/x' } }))
    await process([...kills(1, 2), outside, ...kills(4, 4)])
    expect(store.statusOf('node-a')).toMatchObject({
      kills: 4,
      byReason: { NamespaceGone: 3, OutsidePod: 1 },
      watermark: { sequence: 4 },
      lastKills: [{ detail: message }, { detail: message }, { detail: message }, { reason: 'OutsidePod' }],
    })
  })

  it('gives up a report that a webhook keeps from being written, once others were: the node counts its kills', async () => {
    const refused: unknown[] = []
    ports.observer = { ...ports.observer, refused: (key, count) => void refused.push([key.kind, count]) }
    store.beforePatch = ({ kind }) => {
      if (kind === 'OOMReport') throw operatorError('WebhookFailed', 'nobody listens')
    }
    stream = [...kills(1, 2), ...kills(3, 3, { attribution: { source: 'dump', cgroupPath: '/x' } }), ...kills(4, 5)]
    const startMs = clock.nowMs
    const counting = new KillEngine(ports).open({ stream: 's1', settled: 0, alreadyCounted: NONE, onSettled: () => {} })
    await counting.accept(stream.slice(0, 2))
    await clock.until(clock.sleep(1_000))
    await counting.accept(stream.slice(2, 3))
    await clock.until(counting.drained())
    const heldMs = clock.nowMs - startMs
    expect(heldMs).toBeGreaterThanOrEqual(300_000)
    expect(heldMs).toBeLessThan(330_000)
    expect(store.statusOf('node-a')).toMatchObject({ kills: 3, byReason: { OutsidePod: 1, WriteRefused: 2 } })
    expect(JSON.stringify(store.statusOf('node-a')['lastKills'])).toMatch(/"detail":"for 30\d s: nobody listens"/)
    expect(refused).toEqual([['OOMReport', 2]])
    expect(rejects).toEqual([])
    expect(checkpoints.at(-1)).toBe(3)
    // The next one is not waited for.
    await counting.accept(stream.slice(3, 4))
    await clock.until(counting.drained())
    expect(clock.nowMs - startMs - heldMs).toBeLessThan(3_000)
    // And when the webhook is there again, the report is written again.
    store.beforePatch = () => {}
    await counting.accept(stream.slice(4))
    await clock.until(counting.drained())
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
    expect(store.statusOf('node-a')).toMatchObject({ kills: 4 })
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

  it('sets aside a kill that its namespace refuses and the stream has no longer', async () => {
    const refusal = { outcome: 'refused', reason: 'WriteRefused', message: 'quota' } as const
    store.refusals.set('OOMReport/shop/deployment.eater.app', refusal)
    ports.readMessage = async (sequence) => (sequence === 2 ? undefined : stream[sequence - 1])
    await process(kills(1, 3))
    expect(rejects).toMatchObject([{ message: { sequence: 2 }, reason: 'quota; it is in the stream no longer' }])
    expect(store.statusOf('node-a')).toMatchObject({ kills: 2, byReason: { WriteRefused: 2 } })
    expect(checkpoints.at(-1)).toBe(3)
  })

  it('tries again to read a kill that its namespace refuses', async () => {
    const refusal = { outcome: 'refused', reason: 'WriteRefused', message: 'quota' } as const
    store.refusals.set('OOMReport/shop/deployment.eater.app', refusal)
    let away = 2
    ports.readMessage = async (sequence) => {
      if (away-- > 0) throw operatorError('NatsUnavailable', 'away')
      return stream[sequence - 1]
    }
    await process(kills(1, 3))
    expect(store.statusOf('node-a')).toMatchObject({ kills: 3, byReason: { WriteRefused: 3 } })
    expect(troubles).toHaveLength(2)
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
    ports.saveCheckpoint = async (checkpoint, revision) => {
      if (away-- > 0) throw operatorError('NatsUnavailable', 'away')
      return save(checkpoint, revision)
    }
    await process(kills(1, 1))
    expect(checkpoints).toEqual([1])
    expect(troubles).toHaveLength(3)
  })

  it('stores each checkpoint in place of the one before, with the latest time of what it is behind', async () => {
    const saved: unknown[] = []
    ports.saveCheckpoint = async (checkpoint, revision) => {
      saved.push({ ...checkpoint, revision })
      return revision + 10
    }
    const [first, second, third] = kills(1, 3)
    const start = { stream: 's1', settled: 0, storedUntilMs: 3, revision: 7, alreadyCounted: NONE, onSettled: () => {} }
    const counting = new KillEngine(ports).open(start)
    // The server's clock was set back before the third.
    for (const [message, storedAtMs] of [
      [first!, 4.25],
      [second!, 9.5],
      [third!, 8],
    ] as const) {
      await clock.until(counting.accept([{ ...message, storedAtMs }]))
      await clock.until(counting.drained())
    }
    expect(saved).toEqual([
      { stream: 's1', sequence: 1, storedUntilMs: 4.25, revision: 7 },
      { stream: 's1', sequence: 2, storedUntilMs: 9.5, revision: 17 },
      { stream: 's1', sequence: 3, storedUntilMs: 9.5, revision: 27 },
    ])
  })

  it('ends the session when somebody else has moved the checkpoint, also where nothing comes any more', async () => {
    ports.saveCheckpoint = async () => undefined
    const counting = new KillEngine(ports).open({ stream: 's1', settled: 0, alreadyCounted: NONE, onSettled: () => {} })
    await clock.until(counting.accept(kills(1, 1)))
    await expect(clock.until(counting.drained())).rejects.toMatchObject({ code: 'CheckpointMoved', retry: true })
    await expect(counting.accept([])).rejects.toMatchObject({ code: 'CheckpointMoved' })
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
  })
})
