import { operatorError } from '../errors.ts'
import type { Checkpoint, KillStream, MessagePlace, StoredCheckpoint, StreamState } from '../runtime/killStream.ts'
import type { StoredMessage } from '../runtime/readKill.ts'
import type { ReportKey, ReportStore, StoredReport } from '../runtime/reportStore.ts'
import type { FakeReportStore } from './fakeReportStore.ts'

/**
 * What an operator does to the world, one step after the other; it dies at one of them. A step is cut before it has
 * taken effect, or after that and before the answer: both are steps of their own. The dead do nothing more.
 */
export class Life {
  steps = 0
  readonly #endsAt: number
  readonly #died = Promise.withResolvers<'died'>()

  constructor(endsAt: number) {
    this.#endsAt = endsAt
  }

  get died(): Promise<'died'> {
    return this.#died.promise
  }

  async act<T>(effect: () => Promise<T>): Promise<T> {
    await this.#step()
    const answer = await effect()
    await this.#step()
    return answer
  }

  async #step(): Promise<void> {
    if (++this.steps < this.#endsAt) return
    this.#died.resolve('died')
    await new Promise<never>(() => {})
  }
}

/** The apiserver, as one life sees it. */
export class MortalStore implements ReportStore {
  readonly #store: FakeReportStore
  readonly #life: Life

  constructor(store: FakeReportStore, life: Life) {
    this.#store = store
    this.#life = life
  }

  get(key: ReportKey): Promise<StoredReport | undefined> {
    return this.#store.get(key)
  }

  create(key: ReportKey, spec: object): ReturnType<ReportStore['create']> {
    return this.#life.act(() => this.#store.create(key, spec))
  }

  /** Every third answer is lost. */
  async writeStatus(key: ReportKey, status: object, resourceVersion: string): ReturnType<ReportStore['writeStatus']> {
    const answer = await this.#life.act(() => this.#store.writeStatus(key, status, resourceVersion))
    if (this.#store.patches % 3 === 0) throw operatorError('ApiserverUnreachable', 'expected an answer, got none')
    return answer
  }

  remove(key: ReportKey, resourceVersion: string): Promise<boolean> {
    return this.#life.act(() => this.#store.remove(key, resourceVersion))
  }

  list(kind: ReportKey['kind']): AsyncIterable<StoredReport> {
    return this.#store.list(kind)
  }
}

/** A stream that outlives its readers. */
export class FakeKillStream implements KillStream {
  messages: readonly StoredMessage[]
  readonly rejected = new Map<number, string>()
  checkpoint: Checkpoint | undefined
  revision = 0
  identity = 'one'
  life = new Life(Infinity)

  constructor(messages: readonly StoredMessage[]) {
    this.messages = messages
  }

  get lastSequence(): number {
    return this.messages.at(-1)?.sequence ?? 0
  }

  ensure = async (): Promise<void> => {}
  state = async (): Promise<StreamState> => ({
    identity: this.identity,
    firstSequence: 1,
    lastSequence: this.lastSequence,
  })
  renewIdentity = (): Promise<void> => this.life.act(async () => void (this.identity += "'"))
  countStored = async (): Promise<number> => 0
  readMessage = async (sequence: number): Promise<StoredMessage | undefined> =>
    this.messages.find((message) => message.sequence === sequence)
  readCheckpoint = async (): Promise<StoredCheckpoint> => ({ checkpoint: this.checkpoint, revision: this.revision })

  findFrom = async (from: number): Promise<MessagePlace | undefined> => {
    const { sequence, storedAtMs = 0 } = this.messages.find((message) => message.sequence >= from) ?? {}
    return sequence === undefined ? undefined : { sequence, storedAtMs }
  }

  saveCheckpoint = (checkpoint: Checkpoint, revision: number): Promise<number | undefined> =>
    this.life.act(async () => {
      if (revision !== this.revision) return undefined
      this.checkpoint = checkpoint
      return ++this.revision
    })

  publishReject = (message: StoredMessage, reason: string): Promise<void> =>
    this.life.act(async () => void this.rejected.set(message.sequence, reason))

  /** In batches of thirty, and then it waits for more as a stream does. */
  async *read(first: number): AsyncIterable<readonly StoredMessage[]> {
    yield []
    const rest = this.messages.filter(({ sequence }) => sequence >= first)
    for (let at = 0; at < rest.length; at += 30) yield rest.slice(at, at + 30)
    await new Promise<never>(() => {})
  }
}
