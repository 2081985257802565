import type { NodeKill } from '../policies/rollback.ts'
import type { Target } from './resolveTarget.ts'

/** Of kills that were counted those that were the whole node's affair: its memory ran out, or that of all its pods. */
export function nodeKillsOf(kills: readonly Target[]): NodeKill[] {
  return kills.flatMap(({ record, storedAtMs }) => {
    const { node, scope, source, time, seenAt } = record
    if (source === 'recording' || (scope !== 'Node' && scope !== 'Kubepods')) return []
    // A kill may have waited on its node; a node's clock may be ahead.
    return [{ node, atMs: Math.min(Date.parse(time), storedAtMs ?? Date.parse(seenAt)) }]
  })
}
