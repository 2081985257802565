import { isDeepStrictEqual } from 'node:util'
import { LEASE_RENEW_MS, nodeToken } from '#contract/subjects.ts'
import type { OomPolicyStatus } from '../api/oomPolicy.ts'
import type { Verdict } from '../reports/condition.ts'
import { decide, type Decisions } from '../policies/decide.ts'
import type { ClusterFacts, NodeFacts, Rails } from '../policies/clusterFacts.ts'
import type { Labels } from '../policies/labelSelector.ts'
import { policyStatus, withProcessesOf, type SaidOfContainer } from '../policies/policyStatus.ts'
import { takesNothingUp, type NodeWord } from '../policies/release.ts'
import type { NodeKill } from '../policies/rollback.ts'
import type { Policy, PolicyPod } from '../policies/selection.ts'
import { DesiredStates, type DesiredBucket } from './desiredStates.ts'
import { Known } from './known.ts'
import { mapBounded } from './mapBounded.ts'
import { PodReasons, type PodReason } from './podReasons.ts'
import { Releases } from './releases.ts'
import { Replays } from './replays.ts'
import { Rollbacks } from './rollbacks.ts'

export interface PolicyPorts {
  /** Everything was decided and written. */
  settled(): void
  now: () => Date
  sleep: (ms: number) => Promise<void>
  writeStatus(name: string, compute: (stored: OomPolicyStatus | undefined) => OomPolicyStatus): Promise<void>
  /** Keeps the policy from vanishing before its scores are given back. */
  hold(name: string): Promise<void>
  /** Lets a deleted policy vanish. */
  release(name: string): Promise<void>
  /** By policy name, whether it would have changed past kills; nothing of any before every report was read. */
  replay(policies: readonly Policy[], facts: ClusterFacts, matches: Decisions['matches']): ReadonlyMap<string, Verdict>
  /** The policy is not applied any more on the node of the kill. */
  rolledBack(policy: Policy, kill: NodeKill): void
  /** Why policies are not applied in pods, each reason of a container once. */
  toldPods(reasons: readonly PodReason[]): void
  /** It vanishes though these nodes have not said that they gave back: each does so by itself when it can. */
  gaveUpOn(name: string, nodes: readonly string[]): void
}

/** Changes that come together are decided together. */
const SETTLE_MS = 50
const LOOK_AGAIN_MS = 1_000
/** How often a status is written of which only the number of processes has changed: they come and go. */
const PROCESSES_EVERY_MS = 30_000
/** A node is behind when it has not taken up its state for so long: each change takes it a moment. */
const BEHIND_AFTER_MS = 15_000
/** So many times as long as a decision took the next one waits: in a large cluster where pods come and go all the time, too. */
const REST_RATIO = 2
const MAX_BUSY_MS = 2_000
const LOOKS_IN_FLIGHT = 16
interface Decided {
  decisions: Decisions
  /** A policy was taken back from a node just now. */
  hasBegun: boolean
}

/** Policies, pods and namespaces → desired states and the policies' statuses, after each change. */
export class PolicyEngine {
  readonly namespaces = new Known<{ name: string; labels: Labels }>(() => this.wake())
  readonly policies = new Known<Policy>(() => this.wake())
  readonly nodes = new Known<NodeFacts & { name: string }>(() => this.wake())
  readonly runtimeClasses = new Known<{ name: string; handler: string }>(() => this.wake())
  readonly #pods: () => Iterable<PolicyPod>
  readonly #rails: Rails
  readonly #ports: PolicyPorts
  readonly #said = new Map<string, NodeWord>()
  readonly #written = new Map<string, { status: OomPolicyStatus; atMs: number }>()
  readonly #releases = new Releases(this.#said)
  readonly #rollbacks: Rollbacks
  readonly #replays = new Replays()
  readonly #podReasons = new PodReasons()
  #isReplayTimed = false
  /** When a node that has not taken up its state was first seen so; milliseconds since the epoch. */
  readonly #behindSince = new Map<string, number>()
  /** By node token, the revision that it said last which this operator did not know of, and looked for. */
  readonly #lookedFor = new Map<string, number>()
  #states: DesiredStates | undefined
  #isHearing = false
  /** As long as nothing has changed that they come of. */
  #decided: Decided | undefined
  /** Statuses that are to be written when it is time. */
  #owed = 0
  #renewedMs = 0
  #wake = Promise.withResolvers<void>()

  constructor(pods: () => Iterable<PolicyPod>, rails: Rails, ports: PolicyPorts) {
    this.#pods = pods
    this.#rails = rails
    this.#rollbacks = new Rollbacks(rails.rollbackWindowMs)
    this.#ports = ports
  }

  /** Pods, policies or namespaces are others than before. */
  wake(): void {
    this.#decided = undefined
    this.#wake.resolve()
  }

  noteStatus(token: string, { mode, rules, reasons, containers, desiredRevision = 0, restoring = 0 }: NodeWord): void {
    const word: NodeWord = { ...(mode && { mode }), rules, reasons, containers, desiredRevision, restoring }
    const before = this.#said.get(token)
    if (isDeepStrictEqual(before, word)) return
    this.#said.set(token, word)
    if (takesNothingUp(word) === (before !== undefined && takesNothingUp(before))) this.#wake.resolve()
    else this.wake()
  }

  /** What the nodes have said last is known now. */
  noteHearing(): void {
    this.#isHearing = true
    this.#wake.resolve()
  }

  /** Reports have other kills than before. */
  noteReports(): void {
    if (this.#replays.noteReports()) this.#wake.resolve()
  }

  /** Takes in kills that were their nodes' affair. */
  noteKills(kills: readonly NodeKill[]): void {
    if (this.#rollbacks.noteKills(kills)) this.wake()
  }

  /** Decides after each change, for ever. @throws ProgramError with retry; the signal's reason. */
  async run(bucket: DesiredBucket, signal: AbortSignal): Promise<never> {
    this.#states = await DesiredStates.read(bucket, this.#states)
    this.#decided = undefined
    for (;;) {
      signal.throwIfAborted()
      this.#wake = Promise.withResolvers()
      const busyMs = await this.#decide(this.#states)
      this.#ports.settled()
      await this.#standBy(bucket, this.#releases.size + this.#owed > 0)
      await this.#ports.sleep(Math.max(SETTLE_MS, REST_RATIO * busyMs))
    }
  }

  /** Until there is something to decide; what was decided is confirmed meanwhile, without deciding it again. */
  async #standBy(bucket: DesiredBucket, lookAgain: boolean): Promise<void> {
    for (;;) {
      const now = this.#ports.now()
      if (Math.abs(now.getTime() - this.#renewedMs) >= LEASE_RENEW_MS) {
        await bucket.renewLease(now)
        this.#renewedMs = now.getTime()
      }
      const due = this.#ports.sleep(lookAgain ? LOOK_AGAIN_MS : LEASE_RENEW_MS).then(() => lookAgain)
      if (await Promise.race([this.#wake.promise.then(() => true), due])) return
    }
  }

  /** @returns how long it took to decide, in milliseconds. */
  async #decide(states: DesiredStates): Promise<number> {
    await this.#lookForOthers(states)
    const startMs = this.#ports.now().getTime()
    const policies = this.policies.values()
    const isKnown = this.#decided !== undefined
    const { decisions, hasBegun } = (this.#decided ??= this.#decideAnew(policies, states))
    const busyMs = this.#ports.now().getTime() - startMs
    if (states.isAwaiting) {
      const tokens = new Set([...this.#pods()].map(({ node }) => nodeToken(node)))
      states.forgetLeft(this.#said, (token) => !tokens.has(token))
    }
    for (const policy of policies) {
      const { name, spec, held, deleting } = policy
      if (spec.mode === 'Enforce' && !held && !deleting) await this.#ports.hold(name)
      if (deleting && held) this.#releases.begin(policy, states, this.#ports.now().getTime())
    }
    // What a crash leaves behind then is a policy that says where it was taken back, not one that comes again.
    if (!isKnown && hasBegun) await this.#writeStatuses(policies, decisions, states)
    if (!isKnown) await states.write(decisions.desired, this.#ports.now())
    this.#replay(policies, decisions.matches)
    await this.#writeStatuses(policies, decisions, states)
    for (const policy of policies) if (policy.deleting && policy.held) await this.#release(policy, states)
    return Math.min(MAX_BUSY_MS, Math.max(0, busyMs))
  }

  #decideAnew(policies: readonly Policy[], states: DesiredStates): Decided {
    this.#rollbacks.end(policies, states)
    const decisions = decide(policies, this.#pods(), this.#facts(policies))
    const begun = this.#rollbacks.begin(policies, decisions.matches, states)
    for (const { policy, kill } of begun) this.#ports.rolledBack(policy, kill)
    if (begun.length === 0) return { decisions, hasBegun: false }
    return { decisions: decide(policies, this.#pods(), this.#facts(policies)), hasBegun: true }
  }

  /**
   * A node that speaks of a later state than the one known here was told by another operator: one that led before and
   * whose last write was under way. Once for each such revision, so that an agent cannot keep the operator busy.
   */
  async #lookForOthers(states: DesiredStates): Promise<void> {
    const unknown = [...this.#said].filter(([token, { desiredRevision = 0 }]) => {
      if (desiredRevision <= states.revisionOf(token) || this.#lookedFor.get(token) === desiredRevision) return false
      this.#lookedFor.set(token, desiredRevision)
      return true
    })
    if (unknown.length === 0) return
    await mapBounded(unknown, LOOKS_IN_FLIGHT, ([token]) => states.readAgain(token))
    this.#decided = undefined
  }

  #facts(policies: readonly Policy[]): ClusterFacts {
    return {
      withdrawn: this.#rollbacks.withdrawn(policies),
      detecting: new Set([...this.#said].filter(([, word]) => takesNothingUp(word)).map(([token]) => token)),
      rails: this.#rails,
      namespaces: new Map(this.namespaces.values().map(({ name, labels }) => [name, labels])),
      nodes: new Map(this.nodes.values().map((node) => [node.name, node])),
      runtimeHandlers: new Map(this.runtimeClasses.values().map(({ name, handler }) => [name, handler])),
    }
  }

  #replay(policies: readonly Policy[], matches: Decisions['matches']): void {
    const live = policies.filter(({ deleting }) => !deleting)
    const nowMs = this.#ports.now().getTime()
    this.#replays.run(live, nowMs, (due) => this.#ports.replay(due, this.#facts(policies), matches))
    const waitMs = this.#replays.waitMs(nowMs)
    if (waitMs === undefined || this.#isReplayTimed) return
    this.#isReplayTimed = true
    void this.#ports.sleep(waitMs).then(
      () => {
        this.#isReplayTimed = false
        this.#wake.resolve()
      },
      () => undefined,
    )
  }

  /** Nodes that are told something, and have not said for a while that they took it up. */
  #nodesBehind(desired: Decisions['desired'], states: DesiredStates): Set<string> {
    const nowMs = this.#ports.now().getTime()
    const behind = new Set<string>()
    for (const node of this.#behindSince.keys()) if (!desired.has(node)) this.#behindSince.delete(node)
    for (const node of desired.keys()) {
      const token = nodeToken(node)
      if ((this.#said.get(token)?.desiredRevision ?? 0) >= states.revisionOf(token)) {
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

  async #writeStatuses(
    policies: readonly Policy[],
    { desired, matches }: Decisions,
    states: DesiredStates,
  ): Promise<void> {
    this.#owed = 0
    const behind = this.#nodesBehind(desired, states)
    const said = this.#aboutOwnContainers(desired)
    const reasons = this.#podReasons.news(policies, matches, said)
    if (reasons.length > 0) this.#ports.toldPods(reasons)
    const names = new Set(policies.filter(({ deleting }) => !deleting).map(({ name }) => name))
    for (const name of this.#written.keys()) if (!names.has(name)) this.#written.delete(name)
    for (const policy of policies) {
      const match = matches.get(policy.name)
      if (match === undefined || policy.deleting) continue
      const effective = this.#replays.of(policy)
      const known = { policy, match, said, behind, rollback: this.#rollbacks.of(policy), effective }
      const compute = (before: OomPolicyStatus | undefined): OomPolicyStatus =>
        policyStatus(known, before, this.#ports.now())
      const before = this.#written.get(policy.name)
      const atMs = this.#ports.now().getTime()
      if (before !== undefined) {
        const next = compute(before.status)
        if (isDeepStrictEqual(next, before.status)) continue
        if (atMs - before.atMs < PROCESSES_EVERY_MS && isDeepStrictEqual(withProcessesOf(before.status, next), next)) {
          this.#owed++
          continue
        }
      }
      let next: OomPolicyStatus | undefined
      await this.#ports.writeStatus(policy.name, (status) => (next = compute(status)))
      if (next !== undefined) this.#written.set(policy.name, { status: next, atMs })
    }
  }

  /** A node is heard about its own containers only. */
  #aboutOwnContainers(desired: Decisions['desired']): Map<string, SaidOfContainer> {
    const said = new Map<string, SaidOfContainer>()
    for (const [node, { containers }] of desired) {
      const word = this.#said.get(nodeToken(node))
      if (word === undefined) continue
      const own = new Set(containers.map(({ containerId }) => containerId))
      for (const container of word.containers) {
        if (own.has(container.containerId)) said.set(container.containerId, { node, word, container })
      }
    }
    return said
  }

  async #release(policy: Policy, states: DesiredStates): Promise<void> {
    const behind = this.#isHearing ? this.#releases.due(policy, states, this.#ports.now().getTime()) : undefined
    if (behind === undefined) return
    if (behind.length > 0) this.#ports.gaveUpOn(policy.name, behind)
    await this.#ports.release(policy.name)
    this.#releases.end(policy)
  }
}
