import { MAX_RETRY_CHARS, RETRY_ANNOTATION, oomPolicyStatus } from '../api/oomPolicy.ts'
import { oomPolicySpec } from '../api/oomPolicySpec.ts'
import type { Policy } from './selection.ts'

/** What of an OOMPolicy as the apiserver has it is looked at. */
export interface RawPolicy {
  metadata?: {
    uid?: string
    name?: string
    generation?: number
    annotations?: Readonly<Record<string, string>>
    deletionTimestamp?: string
    finalizers?: readonly string[]
  }
  spec?: unknown
  status?: { rollback?: unknown }
}

/** In place of the spec of a policy that is being deleted. */
const DECIDES_NOTHING = {}

/**
 * A policy that the apiserver has taken.
 * @param isHeld whether its finalizers keep it from vanishing
 * @returns undefined for one that was taken under another version of the kind: it decides nothing.
 */
export function parsePolicy(
  { metadata = {}, spec, status }: RawPolicy,
  { name, uid }: Pick<Policy, 'name' | 'uid'>,
  isHeld: (finalizers: readonly string[]) => boolean,
): Policy | undefined {
  const { generation = 0, annotations, deletionTimestamp, finalizers = [] } = metadata
  const deleting = deletionTimestamp !== undefined
  const { data } = oomPolicySpec.safeParse(deleting ? DECIDES_NOTHING : spec)
  if (data === undefined) return undefined
  const retry = annotations?.[RETRY_ANNOTATION]?.slice(0, MAX_RETRY_CHARS)
  // One that somebody made unreadable by hand is none.
  const rollback = oomPolicyStatus.shape.rollback.safeParse(status?.rollback).data
  return { name, uid, generation, spec: data, deleting, held: isHeld(finalizers), retry, rollback }
}
