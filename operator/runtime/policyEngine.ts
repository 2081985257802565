import { isDeepStrictEqual } from 'node:util'
import { LEASE_RENEW_MS, nodeName, nodeToken } from '#contract/subjects.ts'
import type { Verdict } from '../reports/condition.ts'
import { Decider, type Decisions } from '../policies/decide.ts'
import type { ClusterFacts, NodeFacts, Rails } from '../policies/clusterFacts.ts'
import type { Labels } from '../policies/labelSelector.ts'
import { takesNothingUp, type NodeWord } from '../policies/release.ts'
import type { NodeKill } from '../policies/rollback.ts'
import type { Policy, PolicyPod } from '../policies/selection.ts'
import { DesiredStates, type DesiredBucket } from './desiredStates.ts'
import { Known } from './known.ts'
import { mapBounded } from './mapBounded.ts'
import type { StoredNodeKill } from './nodeKills.ts'
import { PolicyStatuses, type StatusPorts } from './policyStatuses.ts'
import { Releases } from './releases.ts'
import { Replays } from './replays.ts'
import { Rollbacks } from './rollbacks.ts'

export interface PolicyPorts extends StatusPorts {
  /** Everything was decided and written. */
  settled(): void
  sleep: (ms: number) => Promise<void>
  /** Keeps the policy from vanishing before its scores are given back. */
  hold(name: string): Promise<void>
  /** Lets a deleted policy vanish. */
  release(name: string): Promise<void>
  /** By policy name, whether it would have changed past kills; nothing of any before every report was read. */
  replay(policies: readonly Policy[], facts: ClusterFacts, matches: Decisions['matches']): ReadonlyMap<string, Verdict>
  /** The policy is not applied any more on the node of the kill. */
  rolledBack(policy: Policy, kill: NodeKill): void
  /** It vanishes though these nodes have not said that they gave back: each does so by itself when it can. */
  gaveUpOn(name: string, nodes: readonly string[]): void
}

/** Changes that come together are decided together. */
const SETTLE_MS = 50
const LOOK_AGAIN_MS = 1_000
/** So many times as long as a decision took the next one waits: in a large cluster where pods come and go all the time, too. */
const REST_RATIO = 2
const MAX_BUSY_MS = 2_000
const LOOKS_IN_FLIGHT = 16
/** Policies, pods and namespaces → desired states and the policies' statuses, after each change. */
export class PolicyEngine {
  readonly namespaces = new Known<{ name: string; labels: Labels }>(() => this.#wakeAnew())
  readonly policies = new Known<Policy>(() => this.wake())
  readonly nodes = new Known<NodeFacts & { name: string }>(({ name }) => this.#wakeAnew([name]))
  readonly runtimeClasses = new Known<{ name: string; handler: string }>(() => this.#wakeAnew())
  readonly #pods: () => Iterable<PolicyPod>
  readonly #rails: Rails
  readonly #ports: PolicyPorts
  readonly #said = new Map<string, NodeWord>()
  readonly #releases = new Releases(this.#said)
  readonly #rollbacks: Rollbacks
  readonly #replays = new Replays()
  readonly #statuses: PolicyStatuses
  readonly #decider = new Decider()
  #isReplayTimed = false
  /** By node token, the revision that it said last which this operator did not know of, and looked for. */
  readonly #lookedFor = new Map<string, number>()
  #states: DesiredStates | undefined
  #isHearing = false
  /** Nodes that are to be decided anew. */
  #stale: Set<string> | 'all' = 'all'
  /** As long as nothing has changed that they come of. */
  #maps: Pick<ClusterFacts, 'namespaces' | 'nodes' | 'runtimeHandlers'> | undefined
  #renewedMs = Number.NEGATIVE_INFINITY
  #hasDecided = false
  /** When an operator before this one had settled everything. */
  #lastSettledMs: number | undefined
  #wake = Promise.withResolvers<void>()

  constructor(pods: () => Iterable<PolicyPod>, rails: Rails, ports: PolicyPorts) {
    this.#pods = pods
    this.#rails = rails
    this.#rollbacks = new Rollbacks(rails.rollbackWindowMs)
    this.#statuses = new PolicyStatuses(this.#said, ports)
    this.#ports = ports
  }

  /** Policies, or pods anywhere, are others than before. */
  wake(): void {
    this.#stale = 'all'
    this.#wake.resolve()
  }

  /** Pods of these nodes are others than before. */
  wakeNodes(nodes: readonly string[]): void {
    this.#forget(nodes)
    this.#wake.resolve()
  }

  #forget(nodes: readonly string[]): void {
    if (this.#stale !== 'all') for (const node of nodes) this.#stale.add(node)
  }

  #wakeAnew(nodes?: readonly string[]): void {
    this.#maps = undefined
    if (nodes === undefined) this.wake()
    else this.wakeNodes(nodes)
  }

  noteStatus(token: string, { mode, rules, reasons, containers, desiredRevision = 0, restoring = 0 }: NodeWord): void {
    const word: NodeWord = { ...(mode && { mode }), rules, reasons, containers, desiredRevision, restoring }
    const before = this.#said.get(token)
    if (isDeepStrictEqual(before, word)) return
    this.#said.set(token, word)
    const node = nodeName(token)
    this.#statuses.noteNodes([node])
    if (takesNothingUp(word) === (before !== undefined && takesNothingUp(before))) this.#wake.resolve()
    else this.wakeNodes([node])
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
    if (this.#rollbacks.noteKills(kills)) this.#wake.resolve()
  }

  /** Takes in those of the stored reports. */
  noteStoredKills(kills: readonly StoredNodeKill[]): void {
    if (this.#rollbacks.noteStored(kills)) this.#wake.resolve()
  }

  /** Decides after each change, for ever. @throws ProgramError with retry; the signal's reason. */
  async run(bucket: DesiredBucket, signal: AbortSignal): Promise<never> {
    this.#lastSettledMs ??= (await bucket.readLease())?.getTime()
    this.#states = await DesiredStates.read(bucket, this.#states)
    this.#stale = 'all'
    this.#statuses.forget()
    for (;;) {
      signal.throwIfAborted()
      this.#wake = Promise.withResolvers()
      const busyMs = await this.#decide(this.#states)
      this.#ports.settled()
      await this.#standBy(bucket, this.#releases.size + this.#statuses.owed > 0)
      await this.#ports.sleep(Math.max(SETTLE_MS, REST_RATIO * busyMs))
    }
  }

  /** Until there is something to decide; what was decided is confirmed meanwhile, without deciding it again. */
  async #standBy(bucket: DesiredBucket, lookAgain: boolean): Promise<void> {
    for (;;) {
      const nowMs = this.#ports.monotonicMs()
      if (nowMs - this.#renewedMs >= LEASE_RENEW_MS) {
        await bucket.renewLease(this.#ports.now())
        this.#renewedMs = nowMs
      }
      const due = this.#ports.sleep(lookAgain ? LOOK_AGAIN_MS : LEASE_RENEW_MS).then(() => lookAgain)
      if (await Promise.race([this.#wake.promise.then(() => true), due])) return
    }
  }

  /** @returns how long it took to decide, in milliseconds. */
  async #decide(states: DesiredStates): Promise<number> {
    await this.#lookForOthers(states)
    const startMs = this.#ports.monotonicMs()
    const policies = this.policies.values()
    const changed = this.#decideStale(policies, states)
    const busyMs = this.#ports.monotonicMs() - startMs
    if (states.isAwaiting) {
      const tokens = new Set([...this.#pods()].map(({ node }) => nodeToken(node)))
      states.forgetLeft(this.#said, (token) => !tokens.has(token))
    }
    for (const policy of policies) {
      const { name, spec, held, deleting } = policy
      if (spec.mode === 'Enforce' && !held && !deleting) await this.#ports.hold(name)
      if (deleting && held) this.#releases.begin(policy, states, this.#ports.monotonicMs(), !this.#hasDecided)
    }
    // What a crash leaves behind then is a policy that says where it was taken back, not one that comes again.
    if (this.#rollbacks.isUnsaid) await this.#writeStatuses(policies, states)
    this.#rollbacks.noteSaid()
    await states.write(this.#decider.desired, this.#ports.now(), changed === 'all' ? undefined : changed)
    this.#replay(policies, this.#decider.matches)
    await this.#writeStatuses(policies, states)
    for (const policy of policies) if (policy.deleting && policy.held) await this.#release(policy, states)
    this.#hasDecided = true
    return Math.min(MAX_BUSY_MS, Math.max(0, busyMs))
  }

  /** @returns the nodes that were decided anew. */
  #decideStale(policies: readonly Policy[], states: DesiredStates): Set<string> | 'all' {
    let changed = this.#stale
    this.#stale = new Set()
    if (changed === 'all') {
      this.#rollbacks.end(policies, states)
      this.#decider.decideAll(policies, this.#pods(), this.#facts(policies))
    } else if (changed.size > 0) this.#decider.decideNodes(changed, this.#pods(), this.#facts(policies))
    const begun = this.#rollbacks.begin(policies, this.#decider.matches, states, this.#lastSettledMs)
    for (const { policy, kill } of begun) this.#ports.rolledBack(policy, kill)
    if (begun.length > 0) {
      this.#decider.decideAll(policies, this.#pods(), this.#facts(policies))
      changed = 'all'
    }
    this.#statuses.noteNodes(changed)
    return changed
  }

  #writeStatuses(policies: readonly Policy[], states: DesiredStates): Promise<void> {
    return this.#statuses.write(policies, this.#decider, states, (policy) => ({
      rollback: this.#rollbacks.of(policy),
      effective: this.#replays.of(policy),
    }))
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
    this.#forget(unknown.map(([token]) => nodeName(token)))
  }

  #facts(policies: readonly Policy[]): ClusterFacts {
    return {
      withdrawn: this.#rollbacks.withdrawn(policies),
      detecting: new Set([...this.#said].filter(([, word]) => takesNothingUp(word)).map(([token]) => token)),
      rails: this.#rails,
      ...(this.#maps ??= {
        namespaces: new Map(this.namespaces.values().map(({ name, labels }) => [name, labels])),
        nodes: new Map(this.nodes.values().map((node) => [node.name, node])),
        runtimeHandlers: new Map(this.runtimeClasses.values().map(({ name, handler }) => [name, handler])),
      }),
    }
  }

  #replay(policies: readonly Policy[], matches: Decisions['matches']): void {
    const live = policies.filter(({ deleting }) => !deleting)
    const nowMs = this.#ports.monotonicMs()
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

  async #release(policy: Policy, states: DesiredStates): Promise<void> {
    const behind = this.#isHearing ? this.#releases.due(policy, states, this.#ports.monotonicMs()) : undefined
    if (behind === undefined) return
    if (behind.length > 0) this.#ports.gaveUpOn(policy.name, behind)
    await this.#ports.release(policy.name)
    this.#releases.end(policy)
  }
}
