import { isDeepStrictEqual } from 'node:util'
import { nodeToken } from '#contract/subjects.ts'
import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import type { Decisions } from '../policies/decide.ts'
import { tallyOutcomes, type OutcomeTally } from '../policies/outcomeTally.ts'
import type { MatchPart, PolicyMatch } from '../policies/policyMatch.ts'
import { policyStatus, withProcessesOf } from '../policies/policyStatus.ts'
import type { NodeWord } from '../policies/release.ts'
import type { Rollback } from '../policies/rollback.ts'
import type { Policy } from '../policies/selection.ts'
import type { Verdict } from '../reports/condition.ts'
import type { DesiredStates } from './desiredStates.ts'
import { PodReasons, type PodReason, type Trouble } from './podReasons.ts'
import { SaidIndex } from './saidIndex.ts'

export interface StatusPorts {
  now: () => Date
  /** Milliseconds on a clock that only goes forward: whoever sets the other one changes no wait. */
  monotonicMs: () => number
  writeStatus(name: string, compute: (stored: OomPolicyStatus | undefined) => OomPolicyStatus): Promise<void>
  /** Why policies are not applied in pods, each reason of a container once. */
  toldPods(reasons: readonly PodReason[]): void
}

/** What else a status says of a policy. */
export interface Judged {
  rollback: Rollback | undefined
  effective: Verdict | undefined
}

/** How often a status is written of which only the number of processes has changed: they come and go. */
const PROCESSES_EVERY_MS = 30_000
/** A node is behind when it has not taken up its state for so long: each change takes it a moment. */
const BEHIND_AFTER_MS = 15_000

/** All that a status comes of, but what the nodes said. */
interface Inputs extends Judged {
  policy: Policy
  match: PolicyMatch
  behind: string
}

/** The policies' statuses: one is put together anew only where something of it has changed. */
export class PolicyStatuses {
  readonly #ports: StatusPorts
  /** By node token. */
  readonly #words: ReadonlyMap<string, NodeWord>
  readonly #said = new SaidIndex()
  readonly #podReasons = new PodReasons()
  readonly #written = new Map<string, { status: OomPolicyStatus; atMs: number }>()
  /** When a node that has not taken up its state was first seen so, on the clock that only goes forward. */
  readonly #behindSince = new Map<string, number>()
  readonly #tallies = new WeakMap<MatchPart, { word: NodeWord | undefined; tally: OutcomeTally }>()
  /** By policy name, what its status comes of as it is. */
  readonly #settled = new Map<string, Inputs>()
  /** Nodes that have said something else, or are told something else. */
  #changed: Set<string> | 'all' = 'all'
  /** Statuses that are to be written when it is time. */
  #owed = 0

  constructor(words: ReadonlyMap<string, NodeWord>, ports: StatusPorts) {
    this.#words = words
    this.#ports = ports
  }

  get owed(): number {
    return this.#owed
  }

  /** Something failed: what was written last is not known for sure. */
  forget(): void {
    this.#settled.clear()
    this.#changed = 'all'
  }

  /** Takes in which nodes said something else, or are told something else. */
  noteNodes(nodes: Iterable<string> | 'all'): void {
    if (nodes === 'all') this.#changed = 'all'
    else if (this.#changed !== 'all') for (const node of nodes) this.#changed.add(node)
  }

  /** Writes those that say something else than they did. @throws ProgramError with retry */
  async write(
    policies: readonly Policy[],
    { desired, matches }: Decisions,
    states: DesiredStates,
    judge: (policy: Policy) => Judged,
  ): Promise<void> {
    this.#owed = 0
    const behind = this.#nodesBehind(desired, states)
    const news = this.#takeNews(policies, { desired, matches }, [...behind].join(), judge)
    const reasons = this.#podReasons.news(policies, ({ name }) => this.#troublesOf(news.get(name)))
    if (reasons.length > 0) this.#ports.toldPods(reasons)
    const names = new Set(policies.filter(({ deleting }) => !deleting).map(({ name }) => name))
    for (const name of this.#written.keys()) if (!names.has(name)) this.#written.delete(name)
    for (const [name, inputs] of news) {
      if (await this.#writeOne(inputs, behind)) this.#settled.set(name, inputs)
      else this.#owed++
    }
  }

  /** @returns whether it was written, or need not be; else it is to be when it is time. */
  async #writeOne({ policy, match, rollback, effective }: Inputs, behind: ReadonlySet<string>): Promise<boolean> {
    const tallies = [...match.parts].map(([node, part]) => this.#tallyOf(policy, node, part))
    const known = { policy, match, tallies, behind, rollback, effective }
    const compute = (before: OomPolicyStatus | undefined): OomPolicyStatus =>
      policyStatus(known, before, this.#ports.now())
    const before = this.#written.get(policy.name)
    const atMs = this.#ports.monotonicMs()
    if (before !== undefined) {
      const next = compute(before.status)
      if (isDeepStrictEqual(next, before.status)) return true
      const isOfProcesses = isDeepStrictEqual(withProcessesOf(before.status, next), next)
      if (isOfProcesses && atMs - before.atMs < PROCESSES_EVERY_MS) return false
    }
    let next: OomPolicyStatus | undefined
    await this.#ports.writeStatus(policy.name, (status) => (next = compute(status)))
    if (next !== undefined) this.#written.set(policy.name, { status: next, atMs })
    return true
  }

  /** Of the policies that are others than they were; in the others there is no news. */
  *#troublesOf(inputs: Inputs | undefined): Generator<Trouble> {
    if (inputs === undefined) return
    const { policy, match } = inputs
    for (const [node, part] of match.parts) {
      for (const [containerId, why] of this.#tallyOf(policy, node, part).troubles)
        yield { containerId, place: part.places.get(containerId), why }
    }
  }

  /** A part is of one policy as it is, and of what its node is told. */
  #tallyOf(policy: Policy, node: string, part: MatchPart): OutcomeTally {
    const word = this.#said.wordOf(node)
    const known = this.#tallies.get(part)
    if (known !== undefined && known.word === word) return known.tally
    const tally = tallyOutcomes(policy, part, this.#said.all)
    this.#tallies.set(part, { word, tally })
    return tally
  }

  /** The policies whose statuses may be others than they were. */
  #takeNews(
    policies: readonly Policy[],
    { desired, matches }: Decisions,
    behind: string,
    judge: (policy: Policy) => Judged,
  ): Map<string, Inputs> {
    const changed = this.#changed
    this.#changed = new Set()
    const nodes = changed === 'all' ? new Set([...this.#said.nodes, ...desired.keys()]) : changed
    for (const node of nodes) this.#said.put(node, desired.get(node), this.#words.get(nodeToken(node)))
    const news = new Map<string, Inputs>()
    for (const policy of policies) {
      const match = matches.get(policy.name)
      if (match === undefined || policy.deleting) continue
      const inputs = { policy, match, behind, ...judge(policy) }
      const before = this.#settled.get(policy.name)
      const isHeard = [...nodes].some((node) => match.nodes.has(node))
      if (isHeard || before === undefined || !isSame(before, inputs)) news.set(policy.name, inputs)
    }
    // Until each is written, or need not be.
    for (const name of this.#settled.keys()) if (news.has(name) || !matches.has(name)) this.#settled.delete(name)
    return news
  }

  /** Nodes that are told something, and have not said for a while that they took it up. */
  #nodesBehind(desired: Decisions['desired'], states: DesiredStates): Set<string> {
    const nowMs = this.#ports.monotonicMs()
    const behind = new Set<string>()
    for (const node of this.#behindSince.keys()) if (!desired.has(node)) this.#behindSince.delete(node)
    for (const node of desired.keys()) {
      const token = nodeToken(node)
      if ((this.#words.get(token)?.desiredRevision ?? 0) >= states.revisionOf(token)) {
        this.#behindSince.delete(node)
        continue
      }
      const sinceMs = this.#behindSince.get(node) ?? nowMs
      this.#behindSince.set(node, sinceMs)
      if (nowMs - sinceMs >= BEHIND_AFTER_MS) behind.add(node)
      else this.#owed++
    }
    return behind
  }
}

function isSame(one: Inputs, other: Inputs): boolean {
  return (Object.keys(other) as (keyof Inputs)[]).every((name) => one[name] === other[name])
}
