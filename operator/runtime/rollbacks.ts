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

/** Kills that wait to be looked at; more of them are of nodes where these are. */
const MAX_KILLS = 1_000

/** From which nodes policies were taken back: what their statuses say, and what they have to say next. */
export class Rollbacks {
  readonly #windowMs: number
  readonly #kills: NodeKill[] = []
  /** Of policies by UID; undefined where nothing is taken back, whatever a status that is not written yet says. */
  readonly #rollbacks = new Map<string, Rollback | undefined>()

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
      for (const { node } of stored.nodes) states.forget(nodeToken(node), policy)
    }
  }

  /**
   * Takes policies back from the nodes of kills that came soon after they began to protect something there.
   * @returns which, and for which kill.
   */
  begin(
    policies: readonly Policy[],
    matches: ReadonlyMap<string, PolicyMatch>,
    states: DesiredStates,
  ): { policy: Policy; kill: NodeKill }[] {
    const begun: { policy: Policy; kill: NodeKill }[] = []
    for (const kill of this.#kills.splice(0)) {
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
    return begun
  }
}
