import { randomUUID } from 'node:crypto'
import {
  NatsError,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
  type MsgRequest,
  type StoredMsg,
  type StreamConfig,
  type StreamInfo,
} from 'nats'
import { isProgramError, messageOf } from '#program/errors.ts'
import { DESIRED_BUCKET, STATE_BUCKET } from '#contract/subjects.ts'
import { operatorError } from '../errors.ts'
import { STREAM_ID_KEY, planStreamChange, type StreamPlan } from '../runtime/streamPlan.ts'

/** No such message: https://github.com/nats-io/nats-server/blob/main/server/errors.json, JSNoMessageFoundErr. */
const NO_MESSAGE = 10037
/** The subject's last message is another one than was expected: JSStreamWrongLastSequenceErrF. */
const WRONG_LAST_SEQUENCE = 10071

/** What goes wrong with NATS can pass: it is away, or JetStream is not ready, or a right is missing. */
export async function askNats<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (isProgramError(error)) throw error
    throw operatorError('NatsUnavailable', `expected NATS to ${what}, got: ${messageOf(error)}`, { cause: error })
  }
}

/** @returns undefined when there is no such stream. */
export async function readStreamInfo(
  jsm: JetStreamManager,
  name: string,
  options?: { deleted_details: true },
): Promise<StreamInfo | undefined> {
  return askNats(`describe the stream ${name}`, async () => {
    try {
      return await jsm.streams.info(name, options)
    } catch (error) {
      if (messageOf(error) === 'stream not found') return undefined
      throw error
    }
  })
}

/** One message of a stream, asked of its leader: a replica may be behind. @returns undefined when there is none. */
export async function readMessage(
  jsm: JetStreamManager,
  stream: string,
  what: string,
  query: MsgRequest,
): Promise<StoredMsg | undefined> {
  return askNats(what, async () => {
    try {
      return await jsm.streams.getMessage(stream, query)
    } catch (error) {
      if (error instanceof NatsError && error.api_error?.err_code === NO_MESSAGE) return undefined
      throw error
    }
  })
}

/** Somebody else wrote the key since its revision was read. */
export function isRevisionConflict(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === WRONG_LAST_SEQUENCE
}

/**
 * Milliseconds since the epoch of a time with nanoseconds (RFC 3339), of which Date reads three digits. Rounded as the
 * time of a delivered message is, so that both of one message are equal.
 */
export function storedAtMsOf(timestamp: string): number {
  const fraction = /\.(\d{1,9})/.exec(timestamp)?.[1] ?? ''
  const wholeMs = BigInt(Date.parse(timestamp.replace(/\.\d+/, '')))
  return Number(wholeMs * 1_000_000n + BigInt(fraction.padEnd(9, '0'))) / 1e6
}

/** Makes the stream, or brings it to its plan where that is safe, and gives it an identity. */
export async function ensureStream(jsm: JetStreamManager, plan: StreamPlan): Promise<void> {
  const info = await readStreamInfo(jsm, plan.name)
  if (info === undefined) {
    const config = { ...plan, metadata: { [STREAM_ID_KEY]: randomUUID() } } as unknown as Partial<StreamConfig>
    await askNats(`make the stream ${plan.name}`, () => jsm.streams.add(config))
    return
  }
  const change = planStreamChange({ ...info.config }, plan)
  if (change.kind === 'danger') {
    const differences = change.differences.join('; ')
    throw operatorError(
      'StreamMisconfigured',
      `stream ${plan.name} would lose kills as it is: ${differences}; remove it, or set it so with \`nats stream edit\``,
    )
  }
  if (change.kind === 'none' && info.config.metadata?.[STREAM_ID_KEY] !== undefined) return
  await updateStream(jsm, info, { ...plan, metadata: { [STREAM_ID_KEY]: randomUUID(), ...info.config.metadata } })
}

export async function renewStreamId(jsm: JetStreamManager, info: StreamInfo): Promise<void> {
  await updateStream(jsm, info, { metadata: { ...info.config.metadata, [STREAM_ID_KEY]: randomUUID() } })
}

async function updateStream(jsm: JetStreamManager, info: StreamInfo, changes: object): Promise<void> {
  const config = { ...info.config, ...changes } as unknown as StreamConfig
  await askNats(`update the stream ${info.config.name}`, () => jsm.streams.update(info.config.name, config))
}

/**
 * The buckets of the operator's checkpoint and of the agents' desired state.
 * @param replicas Where it is not said, a new one has one, and what is there stays.
 */
export async function ensureBuckets(js: JetStreamClient, replicas?: number): Promise<void> {
  for (const [bucket, allowDirect] of [
    // Read by the operator alone, and never from a replica that may be behind.
    [STATE_BUCKET, false],
    [DESIRED_BUCKET, true],
  ] as const) {
    const options = { history: 1, storage: StorageType.File, allow_direct: allowDirect }
    await askNats(`make the bucket ${bucket}`, () =>
      js.views.kv(bucket, { ...options, ...(replicas !== undefined && { replicas }) }),
    )
    if (replicas !== undefined) await setReplicas(js, `KV_${bucket}`, replicas)
  }
}

/** Of a bucket that was there: nats.js leaves it as it is. */
async function setReplicas(js: JetStreamClient, name: string, replicas: number): Promise<void> {
  const jsm = await js.jetstreamManager(false)
  const info = await readStreamInfo(jsm, name)
  if (info !== undefined && info.config.num_replicas !== replicas) {
    await updateStream(jsm, info, { num_replicas: replicas })
  }
}
