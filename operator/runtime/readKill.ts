import { decodeKillEvent, type KillEvent } from '#contract/killEvent.ts'
import { nodeToken, parseKillSubject } from '#contract/subjects.ts'
import { shownText } from '../reports/shownText.ts'

/** A token has dots as underscores, so a name with an underscore would be another node's token. */
const NODE_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/

const MAX_REASON_CHARS = 1_200

/** A message of the stream of kills. */
export interface StoredMessage {
  sequence: number
  subject: string
  data: Uint8Array
  /** When the stream took it, in milliseconds since the epoch by the server's clock. Absent: not known. */
  storedAtMs?: number
}

export type ReadKill = { ok: true; event: KillEvent } | { ok: false; reason: string }

/**
 * Reads an untrusted message. Permissions bind the subject to the node that published it, so the body must say the
 * same: the identity is where a message was published, never what it claims.
 */
export function readKill({ subject, data }: StoredMessage): ReadKill {
  const identity = parseKillSubject(subject)
  if (identity === undefined) {
    return refuse('expected the subject oom.v1.kill.<node>.<boot id>.<sequence>, got another form')
  }
  const decoded = decodeKillEvent(data)
  if (!decoded.ok) return refuse(decoded.reason)
  const { event } = decoded
  if (!NODE_NAME.test(event.node)) {
    return refuse(`node: expected the name of a node (RFC 1123), got "${event.node}"`)
  }
  const pairs: readonly [string, string | number | undefined, string | number | undefined][] = [
    ['node', identity.nodeToken, nodeToken(event.node)],
    ['bootId', identity.bootId, event.bootId],
    ['sequence', identity.sequence, event.sequence],
    ['recoveredAs', identity.recoveredAs, event.recoveredAs],
  ]
  for (const [field, expected, got] of pairs) {
    if (expected !== got) {
      return refuse(`${field}: expected "${expected}" as in the subject, got "${got}" in the body`)
    }
  }
  return { ok: true, event }
}

/** A parser's reason may quote what it read. */
function refuse(reason: string): ReadKill {
  return { ok: false, reason: shownText(reason, MAX_REASON_CHARS) }
}
