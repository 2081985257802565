import { describe, expect, it } from '@jest/globals'
import { killKey } from '../reports/killRecord.ts'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { enginePortsOf } from '../testing/countingWorld.ts'
import { FakeClock } from '../testing/fakeClock.ts'
import { FakeReportStore } from '../testing/fakeReportStore.ts'
import { POD_UID, killEventOf, messageOf } from '../testing/killEvents.ts'
import { FakeKillStream, Life, MortalStore } from '../testing/mortalWorld.ts'
import { waitingBy } from '../testing/waitingBy.ts'
import { KillEngine } from './killEngine.ts'
import { PodStore } from './podStore.ts'
import type { StoredMessage } from './readKill.ts'
import { runSession } from './readerSession.ts'

const LEAVER_UID = '11111111-2222-4333-8444-555566667777'
const STRANGER_UID = '22222222-2222-4333-8444-555566667777'
const OUTSIDE = { attribution: { source: 'dump' as const, cgroupPath: '/system.slice/x' } }
const inPod = (podUid: string) => ({ attribution: { source: 'dump' as const, cgroupPath: '/x', podUid } })

const MESSAGES = 140
const STORED_FROM_MS = Date.parse('2026-03-01T10:00:00.000Z')

/** Kills in two workloads, in one that is refused, outside pods, and in a pod of another node; poison; a second line. */
function messages(count = MESSAGES, firstKill = 1, firstSequence = 1): StoredMessage[] {
  const kinds = [{}, inPod(LEAVER_UID), OUTSIDE, {}, inPod(STRANGER_UID), 'poison', { repeats: 1 }] as const
  return Array.from({ length: count }, (_, at) => {
    const kind = kinds[at % kinds.length] ?? {}
    const sequence = firstKill + at
    const message = messageOf(firstSequence + at, killEventOf({ sequence, ...(kind === 'poison' ? {} : kind) }))
    const stored = { ...message, storedAtMs: STORED_FROM_MS + sequence }
    return kind === 'poison' ? { ...stored, data: new Uint8Array([at]) } : stored
  })
}

class Cluster {
  readonly clock = new FakeClock(Date.parse('2026-03-01T10:02:00.000Z'))
  readonly store = new FakeReportStore()
  readonly stream = new FakeKillStream(messages())
  lives = 0

  /** @returns whether it died before all was counted. */
  async live(endsAt: number): Promise<{ died: boolean }> {
    const life = new Life(endsAt)
    this.stream.life = life
    const end = new AbortController()
    const now = () => new Date(this.clock.nowMs)
    const waiting = waitingBy(this.clock, { signal: end.signal })
    const pods = this.#pods()
    const store = new MortalStore(this.store, life)
    const finished = Promise.withResolvers<'finished'>()
    const { stream } = this
    const { readMessage, publishReject, saveCheckpoint } = stream
    const engine = new KillEngine(
      enginePortsOf(
        { waiting, now, store, pods: () => pods },
        { maxWaitingBytes: 40_000, readMessage, publishReject, saveCheckpoint },
      ),
    )
    const observer = {
      opened: () => {},
      closed: () => {},
      missing: () => {},
      carriedOver: () => {},
      step: () => {},
      progressed: (checkpoint: number) => void (checkpoint === stream.lastSequence && finished.resolve('finished')),
    }
    const listReports = async function* () {
      yield* store.list('OOMReport')
      yield* store.list('NodeOOMReport')
    }
    const session = runSession({ stream, engine, listReports, observer }, end.signal)
    const fate = await this.clock.until(Promise.race([life.died, finished.promise, session]))
    end.abort(new Error('the end'))
    session.catch(() => {})
    this.lives++
    return { died: fate === 'died' }
  }

  /** The next life finds one pod gone, and the refused namespace open. */
  #pods(): PodStore {
    const pods = new PodStore({ maxDeleted: 10, deletedTtlMs: 1, now: () => this.clock.nowMs })
    const controller = undefined
    pods.put(cachedPodOf({ uid: POD_UID, name: 'stayer', controller }))
    pods.put(cachedPodOf({ uid: STRANGER_UID, name: 'stranger', node: 'node-b', controller }))
    if (this.lives === 0) pods.put(cachedPodOf({ uid: LEAVER_UID, name: 'leaver', controller }))
    this.store.refusals.clear()
    if (this.lives % 2 === 1) {
      const refusal = { outcome: 'refused', reason: 'WriteRefused', message: 'quota' } as const
      this.store.refusals.set('OOMReport/shop/pod.stayer.app', refusal)
    }
    return pods
  }

  /** The stream's file store is put back, and agents go on; with all of JetStream's, the checkpoint goes back too. */
  restore(kept: number, later: readonly StoredMessage[], withCheckpoint: boolean): void {
    const before = this.stream.messages.slice(0, kept)
    this.stream.messages = [...before, ...later]
    const storedUntilMs = before.at(-1)?.storedAtMs
    if (withCheckpoint && storedUntilMs !== undefined) {
      this.stream.checkpoint = { stream: 'one', sequence: kept, storedUntilMs }
    }
  }

  account() {
    const statuses = [...this.store.reports.values()].map(
      ({ status }) =>
        (status ?? { kills: 0, lastKills: [] }) as { kills: number; lastKills: Parameters<typeof killKey>[0][] },
    )
    const sequences = statuses.flatMap(({ lastKills }) => lastKills.map(({ sequence }) => sequence))
    return {
      kills: statuses.reduce((sum, { kills }) => sum + kills, 0),
      twice: sequences.length - new Set(sequences).size,
      rejected: [...this.stream.rejected.keys()].toSorted((a, b) => a - b),
      checkpoint: this.stream.checkpoint?.sequence,
    }
  }
}

const EXACT = {
  kills: (MESSAGES / 7) * 4,
  twice: 0,
  rejected: Array.from({ length: MESSAGES }, (_, at) => at + 1).filter((sequence) => [5, 6].includes(sequence % 7)),
  checkpoint: MESSAGES,
}

describe('the count of kills', () => {
  it('is exact when the operator dies at any step, before or after it takes effect', async () => {
    let cut = 1
    for (; ; cut++) {
      const cluster = new Cluster()
      const { died } = await cluster.live(cut)
      if (died) await cluster.live(Infinity)
      expect({ cut, ...cluster.account() }).toEqual({ cut, ...EXACT })
      if (!died) break
    }
    // Each write, reject and checkpoint is two.
    expect(cut).toBeGreaterThan(40)
  }, 60_000)

  it('is exact when it dies again and again', async () => {
    for (let run = 0; run < 40; run++) {
      const cluster = new Cluster()
      const path: number[] = []
      for (let died = true; died;) {
        const endsAt = path.length === 12 ? Infinity : 1 + ((run * 7 + path.length * 5 + run * path.length) % 61)
        path.push(endsAt)
        died = (await cluster.live(endsAt)).died
      }
      expect({ path, ...cluster.account() }).toEqual({ path, ...EXACT })
    }
  }, 60_000)

  it.each([
    ['its last messages', MESSAGES - 1],
    ['most of it', 20],
    ['all of it', 0],
  ])(
    'is exact over a stream that lost %s to a backup and goes on from there, wherever it dies after that',
    async (_what, kept) => {
      const more = 35
      for (const withCheckpoint of [false, true]) {
        for (let cut = 1; ; cut++) {
          const cluster = new Cluster()
          await cluster.live(Infinity)
          // The new ones stand where lost ones stood, and beyond those.
          cluster.restore(kept, messages(more, MESSAGES + 1, kept + 1), withCheckpoint)
          const { died } = await cluster.live(cut)
          if (died) await cluster.live(Infinity)
          expect({ cut, withCheckpoint, kills: cluster.account().kills, twice: cluster.account().twice }).toEqual({
            cut,
            withCheckpoint,
            kills: EXACT.kills + (more / 7) * 4,
            twice: 0,
          })
          if (!died) break
        }
      }
    },
    120_000,
  )
})
