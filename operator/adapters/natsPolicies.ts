import { DeliverPolicy, millis, type JetStreamClient, type KV } from 'nats'
import { decodeNodeStatus, type NodeStatus } from '#contract/nodeStatus.ts'
import { DESIRED_BUCKET, LEASE_KEY, STATUS_STREAM } from '#contract/subjects.ts'
import type { DesiredBucket, StoredState } from '../runtime/desiredStates.ts'
import { askNats, ensureBuckets, ensureStream } from './natsStreams.ts'
import { mapBounded } from '../runtime/mapBounded.ts'
import { statusStreamPlan } from '../runtime/streamPlan.ts'

/** Of the states that are read at the start. */
const IN_FLIGHT = 32

/** The desired states in their bucket, and what the agents say about them. */
export class NatsPolicies implements DesiredBucket {
  readonly #js: JetStreamClient
  readonly #assertMayWrite: () => void

  /** @param assertMayWrite Called before each write. @throws where it must not be. */
  constructor(js: JetStreamClient, assertMayWrite: () => void = () => undefined) {
    this.#js = js
    this.#assertMayWrite = assertMayWrite
  }

  async readAll(): Promise<Map<string, StoredState>> {
    await ensureBuckets(this.#js)
    return askNats('read the desired states', async () => {
      const bucket = await this.#bucket()
      const all = new Map<string, StoredState>()
      const tokens: string[] = []
      for await (const token of await bucket.keys()) if (token !== LEASE_KEY) tokens.push(token)
      await mapBounded(tokens, IN_FLIGHT, async (token) => {
        const entry = await bucket.get(token)
        if (entry?.operation === 'PUT') all.set(token, { state: entry.string(), revision: entry.revision })
      })
      return all
    })
  }

  async read(token: string): Promise<Partial<StoredState> | undefined> {
    return askNats('read a desired state', async () => {
      const entry = await (await this.#bucket()).get(token)
      if (entry === null) return undefined
      return { revision: entry.revision, ...(entry.operation === 'PUT' && { state: entry.string() }) }
    })
  }

  async put(token: string, state: string): Promise<number> {
    return askNats('store a desired state', async () => {
      const bucket = await this.#bucket()
      this.#assertMayWrite()
      return bucket.put(token, state)
    })
  }

  async delete(token: string): Promise<number> {
    return askNats('delete a desired state', async () => {
      const bucket = await this.#bucket()
      this.#assertMayWrite()
      await bucket.delete(token)
      // What is left in its place.
      return (await bucket.get(token))?.revision ?? 0
    })
  }

  async renewLease(now: Date): Promise<void> {
    await askNats('renew the lease of the desired states', async () => {
      const bucket = await this.#bucket()
      this.#assertMayWrite()
      await bucket.put(LEASE_KEY, JSON.stringify({ renewedAt: now.toISOString() }))
    })
  }

  async readLease(): Promise<Date | undefined> {
    await ensureBuckets(this.#js)
    return askNats('read the lease of the desired states', async () => {
      const entry = await (await this.#bucket()).get(LEASE_KEY)
      return entry?.operation === 'PUT' ? entry.created : undefined
    })
  }

  /**
   * The last word of each node, then each new one; `following` comes between. The node is the one that may publish
   * there, not what it claims.
   */
  async followStatuses(
    observer: {
      following: () => void
      /** Every agent's word, and when NATS took it. */
      heard?: (token: string, status: NodeStatus, saidMs: number) => void
      said: (token: string, status: NodeStatus) => void
      /** An agent's word that is none, and why. */
      refused: (token: string, reason: string) => void
    },
    signal: AbortSignal,
  ): Promise<never> {
    const jsm = await this.#js.jetstreamManager(false)
    await ensureStream(jsm, statusStreamPlan)
    return askNats('tell the nodes’ statuses', async () => {
      // One message for each node: the stream keeps no more.
      let before = (await jsm.streams.info(STATUS_STREAM)).state.messages
      const options = { deliver_policy: DeliverPolicy.LastPerSubject }
      const consumer = await this.#js.consumers.get(STATUS_STREAM, options)
      const messages = await consumer.consume()
      signal.addEventListener('abort', () => void messages.close(), { once: true })
      if (before === 0) observer.following()
      for await (const message of messages) {
        const decoded = decodeNodeStatus(message.string())
        const token = message.subject.split('.')[3] ?? ''
        if (decoded.ok) {
          observer.heard?.(token, decoded.status, millis(message.info.timestampNanos))
          // Before it has read its first desired state an agent says nothing about any; one that only detects never does.
          const { mode, desiredRevision } = decoded.status
          if (desiredRevision !== undefined || mode === 'detect') observer.said(token, decoded.status)
        } else observer.refused(token, decoded.reason)
        if (--before === 0) observer.following()
      }
      throw new Error('the end of the stream of statuses')
    })
  }

  /** Asked of its leader: a replica may be behind. */
  #bucket(): Promise<KV> {
    return this.#js.views.kv(DESIRED_BUCKET, { bindOnly: true, allow_direct: false })
  }
}
