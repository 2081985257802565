import type { KillScope } from '#contract/killEvent.ts'
import type { CandidateRows } from '../../reports/parseCandidateTable.ts'
import type { PodMember } from '../../runtime/pod.ts'
import type { PolicyPod } from '../selection.ts'

/** The container of a victim. */
export interface KilledContainer {
  namespace: string
  podUid: string | undefined
  /** Of the pod, by name. */
  workload: string
  container: string
}

/** A kill, as reports keep it. */
export interface PastKill {
  time: string
  node: string
  scope: KillScope
  /** The limit that was hit. */
  limitKib: number | undefined
  victimPid: number | undefined
  /** Who was in line, as a table. */
  candidates: string | undefined
  /** `none`: it was in no pod. Absent: nobody could say. */
  victim: KilledContainer | 'none' | undefined
}

/** A container, of the pod itself or of one that is like it. */
export interface Place {
  pod: PolicyPod
  member: PodMember
}

/** Who was in line, and where. */
export interface InLine {
  table: CandidateRows | undefined
  /** Of each row of the table; absent where it does not tell. */
  places: readonly (Place | 'none' | undefined)[]
}

export interface PlacedKill {
  kill: PastKill
  victim: Place | 'none' | undefined
  /** Read when it is asked for, and once: of most kills, a container's own, nobody asks. */
  inLine: () => InLine
}
