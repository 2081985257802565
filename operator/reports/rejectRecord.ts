import { nodeName, parseKillSubject, tokenOfKillSubject } from '#contract/subjects.ts'
import type { NodeKillRecord, NodeReason, RejectedEvent } from '../api/nodeOomReport.ts'
import { compact } from './killRecord.ts'
import { shownText } from './shownText.ts'

export const REJECTED: NodeReason = 'EventRejected'

/** Of a record in any form, also of one that somebody edited. */
export function isRejected(record: unknown): boolean {
  return typeof record === 'object' && record !== null && 'reason' in record && record.reason === REJECTED
}

/** What a report keeps of it, apart from the kills. */
export function rejectedEventOf({
  seenAt,
  node,
  bootId,
  sequence,
  recoveredAs,
  detail,
}: NodeKillRecord): RejectedEvent {
  return compact({ seenAt, node, bootId, sequence, recoveredAs, detail })
}

/**
 * What a message that cannot be counted is to the report of its node. It is of the node whose subject it came on, whatever
 * it says; nothing else of it is believed.
 * @returns undefined where the subject names no node.
 */
export function rejectRecord(
  { subject, sequence }: { subject: string; sequence: number },
  reason: string,
  now: Date,
): NodeKillRecord | undefined {
  const token = tokenOfKillSubject(subject)
  if (token === undefined) return undefined
  const identity = parseKillSubject(subject)
  return compact({
    time: now.toISOString(),
    seenAt: now.toISOString(),
    node: nodeName(token),
    bootId: identity?.bootId ?? '',
    // Without an identity of its own, its place in the stream tells it from others.
    sequence: identity?.sequence ?? sequence,
    recoveredAs: identity?.recoveredAs,
    scope: 'Unknown' as const,
    source: 'kmsg' as const,
    reason: REJECTED,
    detail: shownText(reason, 256),
  })
}
