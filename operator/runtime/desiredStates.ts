import type { DesiredRule, PolicyIdentity } from '#contract/desiredRule.ts'
import { DESIRED_VERSION, desiredState, encodeDesiredState } from '#contract/desiredState.ts'
import { nodeToken } from '#contract/subjects.ts'
import type { NodeDesired } from '../policies/nodeDesired.ts'
import { nodesBehind, type NodeWord } from '../policies/release.ts'
import { mapBounded } from './mapBounded.ts'
import { setNewest } from './setNewest.ts'

/** A node's state as it is stored, and its revision there. */
export interface StoredState {
  state: string
  revision: number
}

/** Desired states by node token. */
export interface DesiredBucket {
  readAll(): Promise<Map<string, StoredState>>
  /** @returns what stands there now; without a state where it was deleted, undefined where there was never one. */
  read(token: string): Promise<Partial<StoredState> | undefined>
  /** @returns the revision. */
  put(token: string, state: string): Promise<number>
  /** @returns the revision of what says that it is deleted. */
  delete(token: string): Promise<number>
  /** Says that the operator stands by all of them. */
  renewLease(now: Date): Promise<void>
  /** @returns when that was said last; undefined where it never was. */
  readLease(): Promise<Date | undefined>
}

/** Writes on their way at the same time: NATS answers each when it is on disk. */
const IN_FLIGHT = 32

/** The desired states in their bucket: only what changed is written. */
export class DesiredStates {
  readonly #bucket: DesiredBucket
  readonly #stored: Map<string, StoredState>
  /** By node token, names of the policies that its state has write. */
  readonly #policies = new Map<string, ReadonlySet<string>>()
  /** When a node was first told of an enforcing policy as it is, by token and UID; those told last are last. */
  readonly #since = new Map<string, { generation: number; since: string }>()
  /** By policy, the nodes whose state has it write no more, with the revision of the first one without it. */
  readonly #left = new Map<string, Map<string, number>>()
  readonly #revisions = new Map<string, number>()

  private constructor(bucket: DesiredBucket, stored: Map<string, StoredState>) {
    this.#bucket = bucket
    this.#stored = stored
    for (const [token, { state, revision }] of stored) {
      this.#revisions.set(token, revision)
      const rules = readRules(state)
      this.#policies.set(token, enforcing(rules))
      for (const rule of rules) if (rule.since !== undefined) this.#noteSince(token, rule, rule.since)
    }
  }

  /**
   * @param before as this operator knew them until something failed: what policies had left by then, or leave by what was
   *   written and not answered, is not forgotten
   */
  static async read(bucket: DesiredBucket, before?: DesiredStates): Promise<DesiredStates> {
    const states = new DesiredStates(bucket, await bucket.readAll())
    if (before !== undefined) states.#takeOver(before)
    return states
  }

  /** Looks again at a node's state, which somebody else may have written: an operator that led before, say. */
  async readAgain(token: string): Promise<void> {
    const stored = await this.#bucket.read(token)
    if (stored?.revision === undefined) return
    const { state, revision } = stored
    const rules = state === undefined ? [] : readRules(state)
    this.#note(token, enforcing(rules), revision)
    if (state !== undefined) this.#stored.set(token, { state, revision })
    else this.#drop(token)
  }

  /** @returns tokens of the nodes whose stored state has the policy write, and of those that it has left. */
  nodesOf(policy: string): string[] {
    const writing = [...this.#policies].filter(([, policies]) => policies.has(policy)).map(([token]) => token)
    return [...writing, ...(this.#left.get(policy)?.keys() ?? [])]
  }

  /** Whether a policy has left a node that has not given back yet, as far as is known. */
  get isAwaiting(): boolean {
    return this.#left.size > 0
  }

  /** Forgets that policies have left nodes which have given back what they had set, by their words, and which are gone. */
  forgetLeft(said: ReadonlyMap<string, NodeWord>, isGone: (token: string) => boolean): void {
    for (const [policy, nodes] of this.#left) {
      const behind = new Set(nodesBehind(nodes, said))
      for (const token of nodes.keys()) if (!behind.has(token) || isGone(token)) nodes.delete(token)
      if (nodes.size === 0) this.#left.delete(policy)
    }
  }

  /** Of the state that a node has now, or of its end; 0 where it never had one. */
  revisionOf(token: string): number {
    return this.#revisions.get(token) ?? 0
  }

  /** When the node was first told to apply the policy as it is, milliseconds since the epoch; undefined where it is not. */
  appliedAtMs(token: string, policy: Pick<PolicyIdentity, 'uid' | 'generation'>): number | undefined {
    const since = this.#sinceOf(token, policy)
    return since === undefined ? undefined : Date.parse(since)
  }

  /** It is as if the node had never been told of it. */
  forget(token: string, { uid }: Pick<PolicyIdentity, 'uid'>): void {
    this.#since.delete(sinceKey(token, uid))
  }

  /**
   * @param only these nodes are another's than when it was written last; without it, all may be
   * @throws ProgramError with retry, when nothing is on its way any more; what was written until then stays.
   */
  async write(desired: ReadonlyMap<string, NodeDesired>, now: Date, only?: ReadonlySet<string>): Promise<void> {
    const writes: (() => Promise<void>)[] = []
    const gone = new Set(only === undefined ? this.#stored.keys() : [...only].map(nodeToken))
    for (const node of only ?? desired.keys()) {
      const wanted = desired.get(node)
      if (wanted === undefined) continue
      const { containers } = wanted
      const token = nodeToken(node)
      gone.delete(token)
      const rules = wanted.rules.map((rule) => (rule.mode === 'Enforce' ? this.#dated(token, rule, now) : rule))
      const next = { version: DESIRED_VERSION, node, rules, containers } as const
      const before = this.#stored.get(token)?.state
      // As a rule it is the same to the letter, and need not be held against its schema.
      if (before === JSON.stringify(next)) continue
      const state = encodeDesiredState(next)
      if (before !== state) writes.push(() => this.#put(token, state, enforcing(rules)))
    }
    for (const token of gone) if (this.#stored.has(token)) writes.push(() => this.#delete(token))
    let failed: { error: unknown } | undefined
    await mapBounded(writes, IN_FLIGHT, async (write) => {
      // Whoever reads the states anew must not read one that is about to change.
      if (failed === undefined) await write().catch((error: unknown) => void (failed ??= { error }))
    })
    if (failed !== undefined) throw (failed as { error: unknown }).error
  }

  async #put(token: string, state: string, policies: ReadonlySet<string>): Promise<void> {
    const revision = await this.#bucket.put(token, state)
    this.#stored.set(token, { state, revision })
    this.#note(token, policies, revision)
  }

  async #delete(token: string): Promise<void> {
    this.#note(token, new Set(), await this.#bucket.delete(token))
    this.#drop(token)
  }

  #drop(token: string): void {
    this.#stored.delete(token)
    this.#policies.delete(token)
  }

  #takeOver(before: DesiredStates): void {
    for (const [policy, nodes] of before.#left) this.#left.set(policy, new Map(nodes))
    for (const [token, revision] of before.#revisions) {
      // How the end of one that is gone was numbered was not heard; it came later.
      const gone = before.#policies.has(token) ? revision + 1 : revision
      this.#noteLeft(token, before.#policies.get(token), this.#revisions.get(token) ?? gone)
      if (!this.#revisions.has(token)) this.#revisions.set(token, gone)
    }
  }

  #note(token: string, policies: ReadonlySet<string>, revision: number): void {
    const before = this.#policies.get(token)
    this.#revisions.set(token, revision)
    this.#policies.set(token, policies)
    this.#noteLeft(token, before, revision)
  }

  #noteLeft(token: string, before: ReadonlySet<string> | undefined, revision: number): void {
    const now = this.#policies.get(token) ?? new Set()
    for (const policy of now) this.#left.get(policy)?.delete(token)
    for (const policy of before ?? []) {
      if (now.has(policy)) continue
      const nodes = this.#left.get(policy) ?? new Map<string, number>()
      this.#left.set(policy, nodes.set(token, nodes.get(token) ?? revision))
    }
  }

  #dated(token: string, rule: DesiredRule, now: Date): DesiredRule {
    const known = this.#sinceOf(token, rule)
    const since = known ?? now.toISOString()
    if (known === undefined) this.#noteSince(token, rule, since)
    return { ...rule, since }
  }

  #sinceOf(token: string, { uid, generation }: Pick<PolicyIdentity, 'uid' | 'generation'>): string | undefined {
    const known = this.#since.get(sinceKey(token, uid))
    return known?.generation === generation ? known.since : undefined
  }

  #noteSince(token: string, { uid, generation }: Pick<PolicyIdentity, 'uid' | 'generation'>, since: string): void {
    setNewest(this.#since, sinceKey(token, uid), { generation, since }, MAX_SINCE)
  }
}

/** As many as ten thousand nodes may be told: one that is told now must not be forgotten, or its state would be written again and again. */
const MAX_SINCE = 1_000_000

function sinceKey(token: string, uid: string): string {
  return `${token} ${uid}`
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
