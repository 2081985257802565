import { beforeEach, describe, expect, it } from '@jest/globals'
import { operatorError } from '../errors.ts'
import { CountingWorld, kills } from '../testing/countingWorld.ts'
import type { FakeClock } from '../testing/fakeClock.ts'
import type { FakeReportStore } from '../testing/fakeReportStore.ts'
import { POD_UID, killEventOf, messageOf } from '../testing/killEvents.ts'
import type { EnginePorts } from './killEngine.ts'
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

describe('KillEngine, where a kill or its report is refused,', () => {
  it('sets a poisoned message aside and goes on with the others', async () => {
    const poisoned = { ...messageOf(2, killEventOf({ sequence: 2 })), data: new Uint8Array([1]) }
    await world.process([...kills(1, 1), poisoned, ...kills(3, 3)])
    expect(rejects).toEqual([{ message: poisoned, reason: expect.stringMatching(/^expected JSON/) }])
    expect(store.statusOf(KEY.name)).toMatchObject({ kills: 2 })
    expect(store.statusOf('node-a')).toMatchObject({ kills: 0, byReason: { EventRejected: 1 } })
    expect(checkpoints.at(-1)).toBe(3)
  })

  it("refuses a kill that claims another node's pod", async () => {
    world.putPod('node-b')
    await world.process(kills(1, 1))
    expect(rejects[0]?.reason).toBe(`podUid: expected a pod bound to node "node-a", got ${POD_UID}, bound to "node-b"`)
    expect([...store.reports.keys()]).toEqual(['NodeOOMReport/node-a'])
    expect(store.statusOf('node-a')).toMatchObject({
      kills: 0,
      lastKills: [],
      lastRejects: [{ detail: rejects[0]?.reason }],
    })
    expect(checkpoints.at(-1)).toBe(1)
  })

  it('counts on the node what a namespace refuses', async () => {
    const message = 'namespaces "shop" not found'
    store.refusals.set('OOMReport/shop/deployment.eater.app', { outcome: 'refused', reason: 'NamespaceGone', message })
    const outside = messageOf(3, killEventOf({ sequence: 3, attribution: { source: 'dump', cgroupPath: '/x' } }))
    await world.process([...kills(1, 2), outside, ...kills(4, 4)])
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
    const { stream } = world
    stream.push(...kills(1, 2), ...kills(3, 3, { attribution: { source: 'dump', cgroupPath: '/x' } }), ...kills(4, 5))
    const startMs = clock.nowMs
    const counting = world.open()
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
    await world.process(kills(1, 1, { attribution: { source: 'none' } }))
    expect(rejects).toMatchObject([{ reason: 'webhook says no' }])
    expect(checkpoints).toEqual([1])
  })

  it('sets aside a kill that its namespace refuses and the stream has no longer', async () => {
    const refusal = { outcome: 'refused', reason: 'WriteRefused', message: 'quota' } as const
    store.refusals.set('OOMReport/shop/deployment.eater.app', refusal)
    ports.readMessage = async (sequence) => (sequence === 2 ? undefined : world.stream[sequence - 1])
    await world.process(kills(1, 3))
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
      return world.stream[sequence - 1]
    }
    await world.process(kills(1, 3))
    expect(store.statusOf('node-a')).toMatchObject({ kills: 3, byReason: { WriteRefused: 3 } })
    expect(troubles).toHaveLength(2)
  })
})
