import type { KillEvent } from '#contract/killEvent.ts'
import { explainKill } from '../reports/explainKill.ts'
import { KillEngine, type Counting, type CountingStart, type EnginePorts } from '../runtime/killEngine.ts'
import type { Waiting } from '../runtime/keepTrying.ts'
import { PodStore } from '../runtime/podStore.ts'
import type { StoredMessage } from '../runtime/readKill.ts'
import type { ReportStore } from '../runtime/reportStore.ts'
import { ReportWriter } from '../runtime/reportWriter.ts'
import { WriteBudget } from '../runtime/writeBudget.ts'
import { WritePatience } from '../runtime/writePatience.ts'
import { cachedPodOf } from './cachedPods.ts'
import { FakeClock } from './fakeClock.ts'
import { FakeReportStore } from './fakeReportStore.ts'
import { POD_UID, killEventOf, messageOf } from './killEvents.ts'
import { waitingBy } from './waitingBy.ts'

/** Of an engine that counts into these reports; the stream takes checkpoints and rejects, and has no message any more. */
export function enginePortsOf(
  { waiting, now, store, pods }: { waiting: Waiting; now: () => Date; store: ReportStore; pods: () => PodStore },
  changes: Partial<EnginePorts> = {},
): EnginePorts {
  const observer = { repaired: () => {}, wrote: () => {}, written: () => {}, nodeWritten: () => {} }
  return {
    now,
    waiting,
    budget: new WriteBudget({ perSecond: 100, maxInFlight: 4, reportEveryMs: 1_000 }, waiting),
    patience: new WritePatience(300_000, waiting.monotonicMs),
    maxWaitingBytes: 1_000_000,
    readMessage: async () => undefined,
    writer: new ReportWriter(store, observer, now),
    findPod: (uid, node) => pods().find(uid, node),
    namespaceOf: (uid) => pods().namespaceOf(uid),
    getOwner: async () => ({ kind: 'unreadable', reason: 'Gone' }),
    explain: explainKill,
    publishReject: async () => {},
    saveCheckpoint: async () => 1,
    afterWrites: async () => {},
    observer: { counted: () => {}, rejected: () => {}, refused: () => {} },
    ...changes,
  }
}

/** A stream, reports, and pod `eater-abc-1` of Deployment `eater` on node-a; what the engine says of it is kept. */
export class CountingWorld {
  readonly clock = new FakeClock(Date.parse('2026-03-01T10:00:01.000Z'))
  readonly store = new FakeReportStore()
  readonly stream: StoredMessage[] = []
  readonly rejects: { message: StoredMessage; reason: string }[] = []
  readonly checkpoints: number[] = []
  readonly troubles: string[] = []
  /** May be changed until an engine is opened. */
  readonly ports: EnginePorts
  pods = this.noPods()

  constructor() {
    const { clock, store } = this
    const trouble = (part: string, error: unknown) => void this.troubles.push(`${part}: ${(error as Error).message}`)
    const waiting = waitingBy(clock, { observer: { trouble, fine: () => {} } })
    const controller = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater', uid: 'd' }
    const surroundings = { waiting, now: () => new Date(clock.nowMs), store, pods: () => this.pods }
    this.ports = enginePortsOf(surroundings, {
      readMessage: async (sequence) => this.stream.find((message) => message.sequence === sequence),
      getOwner: async () => ({ kind: 'readable', controller }),
      publishReject: async (message, reason) => void this.rejects.push({ message, reason }),
      saveCheckpoint: async ({ sequence }) => this.checkpoints.push(sequence),
    })
    this.putPod()
  }

  noPods(): PodStore {
    return new PodStore({ maxDeleted: 10, deletedTtlMs: 1, now: () => this.clock.nowMs })
  }

  putPod(node = 'node-a', uid = POD_UID): void {
    this.pods.put(cachedPodOf({ uid, node }))
  }

  /** A session from the stream's start. */
  open(changes: Partial<CountingStart> = {}): Counting {
    const start = { stream: 's1', settled: 0, alreadyCounted: new Set<number>(), onSettled: () => {} }
    return new KillEngine(this.ports).open({ ...start, ...changes })
  }

  /** Counts one batch to its end, in a session of its own behind the checkpoint. */
  async process(batch: readonly StoredMessage[], alreadyCounted: ReadonlySet<number> = new Set()): Promise<void> {
    this.stream.push(...batch)
    const counting = this.open({ settled: (batch[0]?.sequence ?? 1) - 1, alreadyCounted })
    await this.clock.until(counting.accept(batch))
    await this.clock.until(counting.drained())
    await counting.close()
  }
}

/** One after the other in the stream, of the one container. */
export function kills(from: number, to: number, changes: Partial<KillEvent> = {}): StoredMessage[] {
  return Array.from({ length: to - from + 1 }, (_, at) =>
    messageOf(from + at, killEventOf({ sequence: from + at, ...changes })),
  )
}
