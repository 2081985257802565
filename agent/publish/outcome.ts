import { messageOf } from '#program/errors.ts'

/** JetStream API error codes (nats-server, server/errors.json). */
const WRONG_LAST_SEQUENCE = 10071
const STORE_FAILED = 10077
const MESSAGE_TOO_LARGE = 10054

/** What became of one publish. Anything but an ack or 10071 is "not stored": the kill is kept. */
export type PublishOutcome =
  | { kind: 'stored' }
  /** Told before: the subject, which is the kill's identity, holds a message already. */
  | { kind: 'alreadyStored' }
  | { kind: 'notStored'; reason: NotStoredReason; message: string }

export const NOT_STORED_REASONS = [
  'streamFull',
  'tooLarge',
  'refused',
  'noResponders',
  'timeout',
  'disconnected',
  'other',
] as const
export type NotStoredReason = (typeof NOT_STORED_REASONS)[number]

/** Reads the error of a JetStream publish with expected last subject sequence 0. */
export function parsePublishError(error: unknown): PublishOutcome {
  const apiCode = read(read(error, 'api_error'), 'err_code')
  if (apiCode === WRONG_LAST_SEQUENCE) return { kind: 'alreadyStored' }
  const message = messageOf(error)
  if (apiCode === STORE_FAILED) return { kind: 'notStored', reason: 'streamFull', message }
  if (apiCode === MESSAGE_TOO_LARGE) return { kind: 'notStored', reason: 'tooLarge', message }
  const reason = REASON_BY_CODE.get(String(read(error, 'code'))) ?? 'other'
  return { kind: 'notStored', reason, message }
}

/** Codes of the nats client (nats-base-client/core, ErrorCode). */
const REASON_BY_CODE = new Map<string, NotStoredReason>([
  ['503', 'noResponders'],
  ['MAX_PAYLOAD_EXCEEDED', 'tooLarge'],
  ['PERMISSIONS_VIOLATION', 'refused'],
  ['TIMEOUT', 'timeout'],
  ['CONNECTION_CLOSED', 'disconnected'],
  ['CONNECTION_DRAINING', 'disconnected'],
  ['DISCONNECT', 'disconnected'],
])

function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

/** What a person should look at, by reason. */
export const NOT_STORED_ADVICE: Record<NotStoredReason, string> = {
  streamFull: 'the stream OOM_KILLS is full: raise its max_bytes or wait for old kills to age out',
  tooLarge:
    "a kill's message is too large: raise the NATS server's max_payload and the stream's max_msg_size, else it is told without its details",
  refused: "this login may not tell this node's kills: do --node and --nats-user belong together?",
  noResponders:
    'nobody serves the kill subject: is the operator running (it creates the stream), do the accounts export it?',
  timeout: 'no answer: is JetStream up, and does this login have permission to publish its own kills?',
  disconnected: 'the connection to NATS is down',
  other: 'see the message',
}
