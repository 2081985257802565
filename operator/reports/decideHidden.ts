import type { ContainerKillRecord } from '../api/oomReport.ts'

/** Within how long after the kill Kubernetes must have ended the container for the kill to be shown. */
export const HIDDEN_WINDOW_MS = 30_000
/** Beyond the window, for the kubelet's report to travel. */
const REPORT_GRACE_MS = 2_000
/** finishedAt has whole seconds, and the kernel log's clock drifts against the wall clock. */
const CLOCK_TOLERANCE_MS = 5_000

/** How a container ended, once, as the kubelet reported it. */
export interface Termination {
  reason: string
  finishedAt: string
}

/** What is known of the container that lost a process; `undefined` fields of knowledge are told by `kind`. */
export type ContainerFacts =
  | { kind: 'known'; terminations: readonly Termination[] }
  /** The pod is gone, and nobody watched it until then. */
  | { kind: 'podForgotten' }
  /** The pod is there, but its status does not name the container (any more). */
  | { kind: 'containerUnknown' }

export type HiddenDecision = Pick<ContainerKillRecord, 'hidden' | 'hiddenReason'>

/** The kill of one container, as much of it as a decision needs. */
export interface JudgedKill {
  time: string
  seenAt: string
}

/**
 * When a kill can be judged, in milliseconds since the epoch by the operator's clock. Counted from when the
 * operator saw it, since a node's clock may be wrong.
 */
export function hiddenDueMs(kill: JudgedKill): number {
  return Date.parse(kill.seenAt) + HIDDEN_WINDOW_MS + REPORT_GRACE_MS
}

/**
 * Whether Kubernetes hid a kill. The runtime may call a container OOMKilled that ends much later for another
 * reason (the cgroup's counter says so for its life), hence the time it ended decides.
 */
export function decideHidden(kill: JudgedKill, facts: ContainerFacts): HiddenDecision {
  if (facts.kind === 'podForgotten') return { hidden: 'Unknown', hiddenReason: 'PodForgotten' }
  if (facts.kind === 'containerUnknown') return { hidden: 'Unknown', hiddenReason: 'ContainerUnknown' }
  const killedMs = Date.parse(kill.time)
  const reported = facts.terminations.some(({ reason, finishedAt }) => {
    const afterMs = Date.parse(finishedAt) - killedMs
    return reason === 'OOMKilled' && afterMs >= -CLOCK_TOLERANCE_MS && afterMs <= HIDDEN_WINDOW_MS
  })
  return reported ? { hidden: 'No', hiddenReason: 'ReportedOOMKilled' } : { hidden: 'Yes', hiddenReason: 'NotReported' }
}
