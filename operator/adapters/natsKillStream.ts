import * as z from 'zod'
import {
  AckPolicy,
  DeliverPolicy,
  nanos,
  type Consumer,
  type JetStreamClient,
  type JetStreamManager,
  type MsgRequest,
  type StreamInfo,
} from 'nats'
import { KILL_STREAM, KILL_SUBJECTS, STATE_BUCKET } from '#contract/subjects.ts'
import { messageOf } from '#program/errors.ts'
import { operatorError } from '../errors.ts'
import type { Checkpoint, KillStream, MessagePlace, StoredCheckpoint, StreamState } from '../runtime/killStream.ts'
import type { StoredMessage } from '../runtime/readKill.ts'
import type { FloodedStream } from '../runtime/floodPurge.ts'
import type { PurgeableStream, StreamUsage } from '../runtime/streamPurge.ts'
import {
  REJECT_STREAM,
  STREAM_ID_KEY,
  killStreamPlan,
  rejectStreamPlan,
  auditStreamPlan,
  statusStreamPlan,
  withReplicas,
} from '../runtime/streamPlan.ts'
import { MessageQueue } from './messageQueue.ts'
import {
  askNats,
  ensureBuckets,
  ensureStream,
  isRevisionConflict,
  readMessage,
  readStreamInfo,
  renewStreamId,
  storedAtMsOf,
} from './natsStreams.ts'

const CHECKPOINT_KEY = 'checkpoint'
const checkpointSchema = z.object({
  stream: z.string(),
  sequence: z.int().nonnegative(),
  storedUntilMs: z.number().optional(),
})

/** One pull: what the operator holds in memory at most, short of one message. */
const FETCH_BYTES = 8 * 1024 * 1024
const FETCH_MS = 5_000
/** The server forgets a reader that has not asked for this long; the next session makes another. */
const READER_TTL_MS = 60_000
const MAX_REJECT_PAYLOAD_BYTES = 64 * 1024

export interface NatsKillStreamOptions {
  maxBytes: number
  /** How many servers hold each stream; where it is not said, those that are there stay as they are. */
  replicas?: number | undefined
  /** A checkpoint that cannot be read is no checkpoint: reports keep watermarks of their own. */
  onBadCheckpoint(problem: string): void
  /** Called before each write. @throws where it must not be. */
  assertMayWrite?(): void
}

export class NatsKillStream implements KillStream, PurgeableStream, FloodedStream {
  readonly #js: JetStreamClient
  readonly #jsm: JetStreamManager
  readonly #options: NatsKillStreamOptions

  constructor(js: JetStreamClient, jsm: JetStreamManager, options: NatsKillStreamOptions) {
    this.#js = js
    this.#jsm = jsm
    this.#options = options
  }

  async ensure(): Promise<void> {
    this.#options.assertMayWrite?.()
    const { maxBytes, replicas } = this.#options
    for (const plan of [killStreamPlan(maxBytes), rejectStreamPlan, statusStreamPlan, auditStreamPlan]) {
      await ensureStream(this.#jsm, withReplicas(plan, replicas))
    }
    await ensureBuckets(this.#js, replicas)
  }

  async state(): Promise<StreamState> {
    const { created, config, state } = await this.#info()
    return {
      identity: identityOf(created, config.metadata),
      firstSequence: state.first_seq,
      lastSequence: state.last_seq,
    }
  }

  async usage(): Promise<StreamUsage> {
    const { created, config, state } = await this.#info()
    return {
      identity: identityOf(created, config.metadata),
      bytes: state.bytes,
      maxBytes: config.max_bytes,
      messages: state.messages,
      firstSequence: state.first_seq,
    }
  }

  async findFrom(sequence: number): Promise<MessagePlace | undefined> {
    // nats.js does not name the second field; the server gives the first message at or after the sequence for it.
    const query: MsgRequest & object = Object.assign({ seq: sequence }, { next_by_subj: KILL_SUBJECTS })
    const message = await readMessage(this.#jsm, KILL_STREAM, 'say how old a kill is', query)
    return message && { sequence: message.seq, storedAtMs: storedAtMsOf(message.timestamp) }
  }

  async readMessage(sequence: number): Promise<StoredMessage | undefined> {
    const message = await readMessage(this.#jsm, KILL_STREAM, 'read a kill again', { seq: sequence })
    return message && { sequence, subject: message.subject, data: message.data, storedAtMs: message.time.getTime() }
  }

  async purgeBelow(sequence: number): Promise<void> {
    await askNats('remove the oldest kills', () => this.#jsm.streams.purge(KILL_STREAM, { seq: sequence }))
  }

  async purgeNode(token: string, sequence: number): Promise<void> {
    this.#options.assertMayWrite?.()
    const ofNode = { filter: `oom.v1.kill.${token}.>`, seq: sequence }
    await askNats('remove the kills of a node', () => this.#jsm.streams.purge(KILL_STREAM, ofNode))
  }

  async renewIdentity(): Promise<void> {
    await renewStreamId(this.#jsm, await this.#info())
  }

  async countStored(from: number, to: number): Promise<number> {
    const { state } = await this.#info({ deleted_details: true })
    const first = Math.max(from, state.first_seq)
    const deleted = (state.deleted ?? []).filter((sequence) => sequence >= first && sequence <= to).length
    return Math.max(0, to - first + 1 - deleted)
  }

  async readCheckpoint(): Promise<StoredCheckpoint> {
    const entry = await askNats('read the checkpoint', async () => (await this.#bucket()).get(CHECKPOINT_KEY))
    if (entry === null) return { checkpoint: undefined, revision: 0 }
    const { revision } = entry
    if (entry.operation !== 'PUT') return { checkpoint: undefined, revision }
    try {
      return { checkpoint: checkpointSchema.parse(entry.json()), revision }
    } catch (error) {
      this.#options.onBadCheckpoint(messageOf(error))
      return { checkpoint: undefined, revision }
    }
  }

  async saveCheckpoint(checkpoint: Checkpoint, revision: number): Promise<number | undefined> {
    const value = JSON.stringify(checkpoint)
    return askNats('store the checkpoint', async () => {
      const bucket = await this.#bucket()
      this.#options.assertMayWrite?.()
      try {
        return await bucket.put(CHECKPOINT_KEY, value, { previousSeq: revision })
      } catch (error) {
        if (!isRevisionConflict(error)) throw error
        // It may be this very write, whose answer was lost.
        const entry = await bucket.get(CHECKPOINT_KEY)
        return entry?.operation === 'PUT' && entry.string() === value ? entry.revision : undefined
      }
    })
  }

  /** Sent twice after a crash, it is stored once: the message id is the place in the stream of kills. */
  async publishReject(message: StoredMessage, reason: string): Promise<void> {
    const { identity } = await this.state()
    const { sequence, subject, data } = message
    const [, , , node = ''] = subject.split('.')
    const kept = data.subarray(0, MAX_REJECT_PAYLOAD_BYTES)
    const body = {
      version: 1,
      reason,
      streamSequence: sequence,
      subject,
      payloadBytes: data.length,
      payload: Buffer.from(kept).toString('base64'),
    }
    this.#options.assertMayWrite?.()
    await askNats(`take a reject into ${REJECT_STREAM}`, () =>
      this.#js.publish(`oom.v1.reject.${/^[\w-]+$/.test(node) ? node : 'unknown'}`, JSON.stringify(body), {
        msgID: `${identity}/${sequence}`,
        expect: { streamName: REJECT_STREAM },
      }),
    )
  }

  /**
   * A consumer of its own, in the server's memory, without acks. nats.js has an ordered consumer too, but that makes
   * itself anew behind one's back, perhaps in another stream of the same name; here each doubt ends the session.
   */
  async *read(firstSequence: number, signal: AbortSignal): AsyncIterable<readonly StoredMessage[]> {
    const consumer = await askNats('make a reader of kills', async () => {
      const { name } = await this.#jsm.consumers.add(KILL_STREAM, {
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: firstSequence,
        ack_policy: AckPolicy.None,
        mem_storage: true,
        inactive_threshold: nanos(READER_TTL_MS),
        num_replicas: 1,
      })
      return this.#js.consumers.get(KILL_STREAM, name)
    })
    let delivered = 0
    try {
      yield []
      for (;;) {
        for await (const batch of this.#fetch(consumer, signal)) {
          for (const { deliverySequence } of batch) {
            if (deliverySequence !== ++delivered) {
              throw operatorError('StreamGap', `expected delivery ${delivered} of the reader, got ${deliverySequence}`)
            }
          }
          yield batch
        }
      }
    } finally {
      consumer.delete().catch(() => {})
    }
  }

  /** One pull, in batches as large as what has arrived; an empty one at its end. */
  async *#fetch(consumer: Consumer, signal: AbortSignal): AsyncIterable<readonly DeliveredMessage[]> {
    signal.throwIfAborted()
    const queue = new MessageQueue<DeliveredMessage>()
    const messages = await askNats('fetch kills', () => consumer.fetch({ max_bytes: FETCH_BYTES, expires: FETCH_MS }))
    const abort = (): void => void messages.close()
    signal.addEventListener('abort', abort, { once: true })
    const pump = async (): Promise<void> => {
      try {
        for await (const { seq, subject, data, info } of messages) {
          const { deliverySequence, timestampNanos } = info
          queue.push({ sequence: seq, subject, data, deliverySequence, storedAtMs: timestampNanos / 1e6 })
        }
        queue.end()
      } catch (error) {
        queue.end(operatorError('NatsUnavailable', `expected kills, got: ${messageOf(error)}`, { cause: error }))
      }
    }
    void pump()
    try {
      for (let batch = await queue.take(); batch.length > 0; batch = await queue.take()) yield batch
      signal.throwIfAborted()
      yield []
    } finally {
      signal.removeEventListener('abort', abort)
      void messages.close()
    }
  }

  #bucket() {
    return this.#js.views.kv(STATE_BUCKET, { bindOnly: true, allow_direct: false })
  }

  async #info(options?: { deleted_details: true }): Promise<StreamInfo> {
    const info = await readStreamInfo(this.#jsm, KILL_STREAM, options)
    if (info === undefined) throw operatorError('StreamReplaced', `expected the stream ${KILL_STREAM}, got none`)
    return info
  }
}

function identityOf(created: unknown, metadata: Readonly<Record<string, string>> | undefined): string {
  return `${String(created)}/${metadata?.[STREAM_ID_KEY] ?? ''}`
}

interface DeliveredMessage extends StoredMessage {
  deliverySequence: number
}
