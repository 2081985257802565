import type { DesiredRule } from '#contract/desiredRule.ts'
import { DESIRED_VERSION, desiredState, encodeDesiredState } from '#contract/desiredState.ts'
import { nodeToken } from '#contract/subjects.ts'
import type { NodeDesired } from '../policies/nodeDesired.ts'

/** A node's state as it is stored, and its revision there. */
export interface StoredState {
  state: string
  revision: number
}

/** Desired states by node token. */
export interface DesiredBucket {
  readAll(): Promise<Map<string, StoredState>>
  /** @returns the revision. */
  put(token: string, state: string): Promise<number>
  /** @returns the revision of what says that it is deleted. */
  delete(token: string): Promise<number>
  /** Says that the operator stands by all of them. */
  renewLease(now: Date): Promise<void>
}

/** The desired states in their bucket: only what changed is written. */
export class DesiredStates {
  readonly #bucket: DesiredBucket
  readonly #stored: Map<string, StoredState>
  readonly #policies = new Map<string, ReadonlySet<string>>()
  readonly #revisions = new Map<string, number>()

  private constructor(bucket: DesiredBucket, stored: Map<string, StoredState>) {
    this.#bucket = bucket
    this.#stored = stored
    for (const [token, { state, revision }] of stored) {
      this.#revisions.set(token, revision)
      this.#policies.set(token, readPolicies(state))
    }
  }

  static async read(bucket: DesiredBucket): Promise<DesiredStates> {
    return new DesiredStates(bucket, await bucket.readAll())
  }

  /** @returns tokens of the nodes whose stored state has the policy write. */
  nodesOf(policy: string): string[] {
    return [...this.#policies].filter(([, policies]) => policies.has(policy)).map(([token]) => token)
  }

  /** Of the state that a node has now, or of its end; 0 where it never had one. */
  revisionOf(token: string): number {
    return this.#revisions.get(token) ?? 0
  }

  /** @throws ProgramError with retry; what was written until then stays. */
  async write(desired: ReadonlyMap<string, NodeDesired>): Promise<void> {
    const gone = new Set(this.#stored.keys())
    for (const [node, { rules, containers }] of desired) {
      const token = nodeToken(node)
      gone.delete(token)
      const state = encodeDesiredState({ version: DESIRED_VERSION, node, rules, containers })
      if (this.#stored.get(token)?.state === state) continue
      const revision = await this.#bucket.put(token, state)
      this.#stored.set(token, { state, revision })
      this.#revisions.set(token, revision)
      this.#policies.set(token, enforcing(rules))
    }
    for (const token of gone) {
      this.#revisions.set(token, await this.#bucket.delete(token))
      this.#stored.delete(token)
      this.#policies.delete(token)
    }
  }
}

/** None of a state that another version wrote: it is written anew at once. */
function readPolicies(state: string): Set<string> {
  try {
    return enforcing(desiredState.parse(JSON.parse(state)).rules)
  } catch {
    return new Set()
  }
}

function enforcing(rules: readonly DesiredRule[]): Set<string> {
  return new Set(rules.filter(({ mode }) => mode === 'Enforce').map(({ policy }) => policy))
}
