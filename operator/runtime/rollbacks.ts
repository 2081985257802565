import { nodeToken } from '#contract/subjects.ts'
import type { PolicyMatch } from '../policies/policyMatch.ts'
import {
  currentRollback,
  rollBack,
  withdrawnFrom,
  type NodeKill,
  type Rollback,
  type Withdrawn,
} from '../policies/rollback.ts'
import type { Policy } from '../policies/selection.ts'
import type { DesiredStates } from './desiredStates.ts'
import type { StoredNodeKill } from './nodeKills.ts'

/** Kills that wait to be looked at; more of them are of nodes where these are. */
const MAX_KILLS = 1_000
/** Longer than it takes from the time that a kill's record has until it is looked at. */
const LOOKED_AT_MS = 600_000

/** From which nodes policies were taken back: what their statuses say, and what they have to say next. */
export class Rollbacks {
  readonly #windowMs: number
  readonly #kills: NodeKill[] = []
  /** Of reports; those that were counted last. */
  #stored: StoredNodeKill[] = []
  /** Of policies by UID; undefined where nothing is taken back, whatever a status that is not written yet says. */
  readonly #rollbacks = new Map<string, Rollback | undefined>()
  #isUnsaid = false

  /** @param windowMs so long after it was first applied on a node a kill there takes a policy back; 0: never */
  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** Takes in kills that were their nodes' affair. @returns whether there is something to look at. */
  noteKills(kills: readonly NodeKill[]): boolean {
    if (this.#windowMs === 0) return false
    this.#kills.push(...kills.slice(0, MAX_KILLS - this.#kills.length))
    return kills.length > 0
  }

  /**
   * Takes in kills that reports have: whoever counted them may have ended before they were looked at. Where they were looked
   * at, nothing comes of it: a policy that was taken back is not applied there, and one that is was applied later.
   * @returns whether there is something to look at.
   */
  noteStored(kills: readonly StoredNodeKill[]): boolean {
    if (this.#windowMs === 0 || kills.length === 0) return false
    const all = [...this.#stored, ...kills]
    this.#stored = all.toSorted((a, b) => b.countedAtMs - a.countedAtMs).slice(0, MAX_KILLS)
    return true
  }

  /** Whether a policy was taken back and its status does not say so yet. */
  get isUnsaid(): boolean {
    return this.#isUnsaid
  }

  /** Every status says it now. */
  noteSaid(): void {
    this.#isUnsaid = false
  }

  of({ uid, rollback }: Policy): Rollback | undefined {
    return this.#rollbacks.has(uid) ? this.#rollbacks.get(uid) : rollback
  }

  withdrawn(policies: readonly Policy[]): Map<string, Withdrawn> {
    const entries = policies.flatMap((policy): [string, Withdrawn][] => {
      const rollback = this.of(policy)
      return rollback === undefined ? [] : [[policy.name, withdrawnFrom(rollback)]]
    })
    return new Map(entries)
  }

  /** What has ended: the policy is applied anew, and its nodes begin from the start. */
  end(policies: readonly Policy[], states: DesiredStates): void {
    const uids = new Set(policies.map(({ uid }) => uid))
    for (const uid of this.#rollbacks.keys()) if (!uids.has(uid)) this.#rollbacks.delete(uid)
    for (const policy of policies) {
      const stored = this.of(policy)
      const current = currentRollback(policy, stored)
      this.#rollbacks.set(policy.uid, current)
      if (stored === undefined || current !== undefined) continue
      for (const { node, time } of stored.nodes) {
        // Told later, it was told anew by an operator that ended before the status said so.
        const appliedAtMs = states.appliedAtMs(nodeToken(node), policy) ?? Number.POSITIVE_INFINITY
        if (appliedAtMs <= Date.parse(time)) states.forget(nodeToken(node), policy)
      }
    }
  }

  /**
   * Takes policies back from the nodes of kills that came soon after they began to protect something there.
   * @param lastSettledMs when an operator had looked at all that it had counted; undefined where none ever had. Kills that
   *   were counted well before are not looked at again: the window may be another one today.
   * @returns which, and for which kill.
   */
  begin(
    policies: readonly Policy[],
    matches: ReadonlyMap<string, PolicyMatch>,
    states: DesiredStates,
    lastSettledMs: number | undefined,
  ): { policy: Policy; kill: NodeKill }[] {
    const begun: { policy: Policy; kill: NodeKill }[] = []
    const sinceMs = lastSettledMs === undefined ? Number.POSITIVE_INFINITY : lastSettledMs - LOOKED_AT_MS
    const stored = this.#stored.splice(0).filter(({ countedAtMs }) => countedAtMs >= sinceMs)
    for (const kill of [...this.#kills.splice(0), ...stored]) {
      for (const policy of policies) {
        if (policy.spec.mode !== 'Enforce' || matches.get(policy.name)?.protectingOn.has(kill.node) !== true) continue
        const before = this.of(policy)
        const appliedAtMs = states.appliedAtMs(nodeToken(kill.node), policy)
        const after = rollBack(policy, before, kill, appliedAtMs, this.#windowMs)
        if (after === before) continue
        this.#rollbacks.set(policy.uid, after)
        begun.push({ policy, kill })
      }
    }
    if (begun.length > 0) this.#isUnsaid = true
    return begun
  }
}
