import type { DesiredRule, PolicyIdentity } from '#contract/desiredRule.ts'
import { DESIRED_VERSION, desiredState, encodeDesiredState } from '#contract/desiredState.ts'
import { nodeToken } from '#contract/subjects.ts'
import type { NodeDesired } from '../policies/nodeDesired.ts'
import { setNewest } from './setNewest.ts'

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
  /** When a node was first told of an enforcing policy as it is, by token, UID and generation; those told last are last. */
  readonly #since = new Map<string, string>()
  readonly #revisions = new Map<string, number>()

  private constructor(bucket: DesiredBucket, stored: Map<string, StoredState>) {
    this.#bucket = bucket
    this.#stored = stored
    for (const [token, { state, revision }] of stored) {
      this.#revisions.set(token, revision)
      const rules = readRules(state)
      this.#policies.set(token, enforcing(rules))
      for (const rule of rules)
        if (rule.since !== undefined) setNewest(this.#since, sinceKey(token, rule), rule.since, MAX_SINCE)
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

  /** When the node was first told to apply the policy as it is, milliseconds since the epoch; undefined where it is not. */
  appliedAtMs(token: string, policy: Pick<PolicyIdentity, 'uid' | 'generation'>): number | undefined {
    const since = this.#since.get(sinceKey(token, policy))
    return since === undefined ? undefined : Date.parse(since)
  }

  /** It is as if the node had never been told of it. */
  forget(token: string, policy: Pick<PolicyIdentity, 'uid' | 'generation'>): void {
    this.#since.delete(sinceKey(token, policy))
  }

  /** @throws ProgramError with retry; what was written until then stays. */
  async write(desired: ReadonlyMap<string, NodeDesired>, now: Date): Promise<void> {
    const gone = new Set(this.#stored.keys())
    for (const [node, { rules: wanted, containers }] of desired) {
      const token = nodeToken(node)
      gone.delete(token)
      const rules = wanted.map((rule) => (rule.mode === 'Enforce' ? this.#dated(token, rule, now) : rule))
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

  #dated(token: string, rule: DesiredRule, now: Date): DesiredRule {
    const key = sinceKey(token, rule)
    const known = this.#since.get(key)
    const since = known ?? now.toISOString()
    if (known === undefined) setNewest(this.#since, key, since, MAX_SINCE)
    return { ...rule, since }
  }
}

/** As many as a thousand nodes may be told. */
const MAX_SINCE = 100_000

function sinceKey(token: string, { uid, generation }: Pick<PolicyIdentity, 'uid' | 'generation'>): string {
  return `${token} ${uid} ${generation}`
}

/** None of a state that another version wrote: it is written anew at once. */
function readRules(state: string): readonly DesiredRule[] {
  try {
    return desiredState.parse(JSON.parse(state)).rules
  } catch {
    return []
  }
}

function enforcing(rules: readonly DesiredRule[]): Set<string> {
  return new Set(rules.filter(({ mode }) => mode === 'Enforce').map(({ policy }) => policy))
}
