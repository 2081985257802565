import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import { MAX_ROLLED_BACK_NODES } from '../api/oomPolicy.ts'
import type { Policy } from './selection.ts'

/** Nodes from which a policy was taken back, as its status keeps it. */
export type Rollback = NonNullable<OomPolicyStatus['rollback']>

/** A kill that was the whole node's affair. */
export interface NodeKill {
  node: string
  atMs: number
}

/** Where a policy is not applied: on these nodes, or on none of all where there are too many. */
export interface Withdrawn {
  nodes: ReadonlySet<string>
  everywhere: boolean
}

/**
 * What holds of a stored rollback: it ends when the policy's spec changes or somebody says to try again.
 * @returns undefined where nothing is taken back.
 */
export function currentRollback({ generation, retry }: Policy, stored: Rollback | undefined): Rollback | undefined {
  return stored?.generation === generation && stored.retry === retry ? stored : undefined
}

/**
 * Takes a policy back from the node of a kill that came soon after it was first applied there.
 * @param appliedAtMs when it was, milliseconds since the epoch; undefined where it is not
 * @returns the same where the kill is none of its.
 */
export function rollBack(
  { generation, retry }: Policy,
  before: Rollback | undefined,
  { node, atMs }: NodeKill,
  appliedAtMs: number | undefined,
  windowMs: number,
): Rollback | undefined {
  if (appliedAtMs === undefined || atMs < appliedAtMs || atMs - appliedAtMs > windowMs) return before
  if (isWithdrawn(withdrawnFrom(before), node)) return before
  const nodes = [...(before?.nodes ?? []), { node, time: new Date(atMs).toISOString() }]
  return { generation, ...(retry !== undefined && { retry }), nodes }
}

export function withdrawnFrom(rollback: Rollback | undefined): Withdrawn {
  const nodes = rollback?.nodes ?? []
  return { nodes: new Set(nodes.map(({ node }) => node)), everywhere: nodes.length >= MAX_ROLLED_BACK_NODES }
}

export function isWithdrawn({ nodes, everywhere }: Withdrawn, node: string): boolean {
  return everywhere || nodes.has(node)
}
