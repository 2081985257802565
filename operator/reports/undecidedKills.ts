import type { ContainerKillRecord, OomReportStatus } from '../api/oomReport.ts'
import type { JudgedKill } from './decideHidden.ts'

/** A kill of which it is not yet known whether it is hidden. */
export interface UnjudgedKill extends JudgedKill {
  podName?: string | undefined
  podUid?: string | undefined
  containerId?: string | undefined
}

/** Every kill of a status that still waits for a judgement. */
export function undecidedKills(status: Pick<OomReportStatus, 'lastKills' | 'undecided'>): readonly UnjudgedKill[] {
  return [...status.lastKills.filter(isUndecided), ...(status.undecided ?? [])]
}

export function isUndecided(kill: ContainerKillRecord): boolean {
  return kill.hiddenReason === 'Undecided'
}
