import { beforeEach, describe, expect, it } from '@jest/globals'
import type { KillEvent } from '#contract/killEvent.ts'
import { MAX_UNSETTLED } from '../api/killRecord.ts'
import { operatorError } from '../errors.ts'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { CountingWorld, kills } from '../testing/countingWorld.ts'
import type { FakeClock } from '../testing/fakeClock.ts'
import type { FakeReportStore } from '../testing/fakeReportStore.ts'
import { CONTAINER_ID, POD_UID, killEventOf, messageOf } from '../testing/killEvents.ts'
import type { EnginePorts } from './killEngine.ts'
import type { StoredMessage } from './readKill.ts'
import type { ReportKey } from './reportStore.ts'

const KEY: ReportKey = { kind: 'OOMReport', namespace: 'shop', name: 'deployment.eater.app' }

let world: CountingWorld
let clock: FakeClock
let store: FakeReportStore
let ports: EnginePorts
let rejects: CountingWorld['rejects']
let checkpoints: number[]
let troubles: string[]

beforeEach(() => {
  world = new CountingWorld()
  ;({ clock, store, ports, rejects, checkpoints, troubles } = world)
})

describe('KillEngine', () => {
  it('counts a victim of a group once that the kernel printed twice', async () => {
    await world.process([
      ...kills(1, 1),
      messageOf(2, killEventOf({ sequence: 426, eventSequence: 425, repeats: 425 })),
    ])
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
    await world.process([lost(1, 'm-70-1'), lost(2, 'm-70-2'), lost(3, 'm-70-2')])
    expect(store.statusOf(KEY.name)).toMatchObject({
      kills: 2,
      last: { victim: '(unknown)' },
      lastKills: [{ recoveredAs: 'm-70-2', source: 'memoryEvents' }, { recoveredAs: 'm-70-1' }],
    })
    expect(rejects).toEqual([])
  })

  it('counts kills in the report of their workload, and then moves the checkpoint', async () => {
    await world.process(kills(1, 3))
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
      world.pods.put({
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
    await world.process(
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
    await world.process(kills(1, 3))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 3 })
    expect(troubles).toEqual(['apiserver: cut off'])
  })

  it('computes anew after a conflict', async () => {
    let others = 3
    store.beforePatch = () => void (others-- > 0 && store.touch(KEY))
    await world.process(kills(1, 2))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2 })
  })

  it('writes the first kill of a report at once, and those that come meanwhile together, a second later', async () => {
    const counting = world.open()
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
    await world.process(kills(1, total))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: total, byNode: { 'node-a': total } })
    expect(checkpoints.at(-1)).toBe(total)
  })

  it('keeps the reader waiting while what is not written takes its place in memory', async () => {
    // A kill is more than 1 KB here.
    ports.maxWaitingBytes = 2_500
    let held = 0
    let most = 0
    const counting = world.open()
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
    const counting = world.open()
    const outside = (at: number) => kills(at, at, { attribution: { source: 'dump', cgroupPath: '/x' } })
    await counting.accept([...outside(1), ...kills(2, 2), ...outside(3)])
    await expect(clock.until(counting.drained())).rejects.toThrow('end of the test')
    expect(store.statusOf('node-a')).toMatchObject({ kills: 2 })
    expect(checkpoints).toEqual([1])
  })

  it('counts nothing of a session that is closed', async () => {
    const counting = world.open()
    ports.waiting.sleep = () => new Promise(() => {})
    await counting.accept(kills(1, 1))
    await clock.until(counting.drained())
    await counting.accept(kills(2, 5))
    await counting.close()
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
    expect(checkpoints).toEqual([1])
  })

  it('does not count again, elsewhere, what a report already holds above the checkpoint', async () => {
    world.pods.remove(POD_UID)
    clock.nowMs += 3_600_000
    await world.process(kills(1, 2), new Set([1, 2]))
    expect(store.reports.size).toBe(0)
    expect(checkpoints.at(-1)).toBe(2)
  })

  it('waits for a pod that the watch has not told yet', async () => {
    world.pods = world.noPods()
    void clock.sleep(1_000).then(() => world.putPod())
    await world.process(kills(1, 1))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
  })

  it('counts on the node, with the UID, when the pod stays unknown', async () => {
    const other = '99999999-2222-4333-8444-555566667777'
    await world.process(kills(1, 1, { attribution: { source: 'dump', cgroupPath: '/x', podUid: other } }))
    expect(store.statusOf('node-a')).toMatchObject({ kills: 1, lastKills: [{ reason: 'PodUnknown', podUid: other }] })
  })

  it('waits for an unknown pod once', async () => {
    const attribution = { source: 'dump' as const, cgroupPath: '/x', podUid: '9'.repeat(32) }
    const before = clock.nowMs
    const counting = world.open()
    for (const kill of [1, 2, 3]) await clock.until(counting.accept(kills(kill, kill, { attribution })))
    expect(clock.nowMs - before).toBe(3_000)
  })

  it('does not wait for the pods of old kills', async () => {
    clock.nowMs += 600_000
    const before = clock.nowMs
    await world.process(kills(1, 1, { attribution: { source: 'dump', cgroupPath: '/x', podUid: '9'.repeat(32) } }))
    expect(clock.nowMs).toBe(before)
  })

  it('waits for the pod of a kill that has just come, also of a node whose clock is an hour behind', async () => {
    clock.nowMs += 3_600_000
    world.putPod('')
    void clock.sleep(1_000).then(() => world.putPod())
    const [kill] = kills(1, 1)
    if (kill === undefined) throw new Error('expected a kill')
    await world.process([{ ...kill, storedAtMs: clock.nowMs }])
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
  })

  it.each([
    ['OutsidePod', { attribution: { source: 'dump', cgroupPath: '/system.slice/x' } }, 1],
    ['CgroupUnknown', { attribution: { source: 'none' } }, 1],
    ['NoKillable', { outcome: 'noKillable', victim: undefined }, 0],
    ['Panic', { outcome: 'panic', victim: undefined }, 0],
  ] as const)('counts on the node what no pod lost: %s', async (reason, changes, counted) => {
    // JSON leaves out a victim that is undefined.
    await world.process([messageOf(1, { ...killEventOf(), ...changes } as KillEvent)])
    expect(store.statusOf('node-a')).toMatchObject({ kills: counted, withoutVictim: 1 - counted, last: { reason } })
  })

  it('makes a report anew that was deleted: it holds what came after', async () => {
    await world.process(kills(1, 3))
    store.reports.clear()
    await world.process(kills(4, 4))
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
  })

  it('keeps trying to store the checkpoint', async () => {
    const save = ports.saveCheckpoint
    let away = 3
    ports.saveCheckpoint = async (checkpoint, revision) => {
      if (away-- > 0) throw operatorError('NatsUnavailable', 'away')
      return save(checkpoint, revision)
    }
    await world.process(kills(1, 1))
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
    const start = { storedUntilMs: 3, revision: 7 }
    const counting = world.open(start)
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
    const counting = world.open()
    await clock.until(counting.accept(kills(1, 1)))
    await expect(clock.until(counting.drained())).rejects.toMatchObject({ code: 'CheckpointMoved', retry: true })
    await expect(counting.accept([])).rejects.toMatchObject({ code: 'CheckpointMoved' })
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 1 })
  })
})
