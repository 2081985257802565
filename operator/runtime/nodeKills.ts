import type { NodeKill } from '../policies/rollback.ts'
import type { Target } from './resolveTarget.ts'

/** A kill that an operator counted, this one or one before. */
export interface StoredNodeKill extends NodeKill {
  countedAtMs: number
}

type KillRecord = Pick<Target['record'], 'node' | 'scope' | 'source' | 'time' | 'seenAt'>

/** Of kills that were counted those that were the whole node's affair: its memory ran out, or that of all its pods. */
export function nodeKillsOf(kills: readonly Target[]): NodeKill[] {
  return kills.flatMap(({ record, storedAtMs }) => {
    const { node, time, seenAt } = record
    // A kill may have waited on its node; a node's clock may be ahead.
    return isNodeKill(record) ? [{ node, atMs: Math.min(Date.parse(time), storedAtMs ?? Date.parse(seenAt)) }] : []
  })
}

/** The same, of the kills that a stored report has. */
export function storedNodeKillsOf(records: readonly KillRecord[]): StoredNodeKill[] {
  return records.filter(isNodeKill).map(({ node, time, seenAt }) => {
    const countedAtMs = Date.parse(seenAt)
    return { node, atMs: Math.min(Date.parse(time), countedAtMs), countedAtMs }
  })
}

function isNodeKill({ scope, source }: KillRecord): boolean {
  return source !== 'recording' && (scope === 'Node' || scope === 'Kubepods')
}
