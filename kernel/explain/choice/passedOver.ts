import type { RankedTask } from '#kernel/badness/badness.ts'
import { heldBy } from '../processGroups.ts'
import { formatKib } from '../quantity.ts'
import { state, type Statement } from '../statement.ts'

/** A process that would have freed more than the victim, and what kept it. */
export interface PassedOver {
  pid: number
  command: string
  heldKib: number
  oomScoreAdj: number
  victimHeldKib: number
  victimOomScoreAdj: number
}

/** The largest process that holds more than the victim and stands behind it, by oom_score_adj. */
export function findPassedOver(
  ranked: readonly RankedTask[],
  at: number | undefined,
  pageKib: number,
): PassedOver | undefined {
  const victim = at === undefined ? undefined : ranked[at]
  if (at === undefined || victim === undefined) return undefined
  const held = (task: RankedTask) => Object.values(heldBy(task, pageKib)).reduce((sum, kib) => sum + kib, 0)
  const victimHeldKib = held(victim)
  const victimOomScoreAdj = victim.oomScoreAdj ?? 0
  const behind = ranked
    .slice(at + 1)
    .filter((task) => held(task) > victimHeldKib && (task.oomScoreAdj ?? 0) < victimOomScoreAdj)
  const largest = behind.toSorted((a, b) => held(b) - held(a))[0]
  if (largest === undefined) return undefined
  const { pid, command, oomScoreAdj = 0 } = largest
  return { pid, command, heldKib: held(largest), oomScoreAdj, victimHeldKib, victimOomScoreAdj }
}

export function passedOverStatement(passedOver: PassedOver | undefined): Statement[] {
  if (passedOver === undefined) return []
  const { command, ...figures } = passedOver
  const { pid, heldKib, victimHeldKib, oomScoreAdj, victimOomScoreAdj } = figures
  const text = `oom_score_adj decided: ${command} (pid ${pid}) holds ${formatKib(heldKib)} against ${formatKib(victimHeldKib)}, but has ${oomScoreAdj} against ${victimOomScoreAdj}.`
  return [state(text, figures)]
}
