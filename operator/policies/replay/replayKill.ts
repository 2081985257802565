import { isOfManyPods } from '../../reports/candidateTable.ts'
import type { CandidateRow, CandidateRows } from '../../reports/parseCandidateTable.ts'
import type { ClusterFacts } from '../clusterFacts.ts'
import { fitOfKnown } from '../fitOfKnown.ts'
import { adjusted, eitherWay, perhapsAdjusted, unadjusted, type Adjusted, type Range } from './adjustRow.ts'
import type { InLine, Place, PlacedKill } from './pastKill.ts'
import type { Around, Reach } from './reach.ts'

/**
 * What would have become of a kill. `ownLimit`: the container's own, where no score decides. `unknown`: its list is not the
 * kernel's, is gone, or does not tell which processes the policy selects.
 */
export type Replay = 'ownLimit' | 'changed' | 'same' | 'unknown'

export interface Replayed {
  replay: Replay
  /** Whom the kernel would have taken with the policy, or where it was in force without it; absent where only that is sure. */
  instead?: CandidateRow | undefined
}

/** Of most machines; a report does not tell. */
const PAGE_KIB = 4

/** A process's points, and whether the policy raises them for sure. */
interface Points {
  without: Range
  under: Range
}

/**
 * Whether a policy's score decides who died: the first by badness with it, and without it. What nobody tells is taken both
 * ways: a kill counts as changed or the same only where that makes no difference.
 * Source: mm/oom_kill.c, oom_badness: points += oom_score_adj * (totalpages / 1000).
 * @returns undefined where the policy could not have touched it: it selects neither the victim nor, raising it, anybody else
 */
export function replayKill(
  placed: PlacedKill,
  reach: Reach,
  { nodes }: Pick<ClusterFacts, 'nodes'>,
): Replayed | undefined {
  const { kill, victim } = placed
  const { processes } = reach.policy.spec
  const isOwnPods = isPlace(victim) && !isOfManyPods(kill.scope)
  const isOwn = isOwnPods && (kill.scope === 'ContainerLimit' || victim.pod.members.length <= 1)
  const selectsVictim = isPlace(victim) && reach.at(victim) !== undefined
  if (isOwn && !selectsVictim) return undefined
  if (isOwn && processes === undefined) return { replay: 'ownLimit' }
  const around = (except?: string): Around => {
    if (isOwnPods) return aroundIn(victim, reach)
    return isShared(kill.scope) ? reach.around(kill.node, except) : 'nothing'
  }
  const untold = (): Replayed | undefined =>
    selectsVictim || around() === 'raises' ? { replay: 'unknown' } : undefined

  const { table, places } = placed.inLine()
  // Of most kills of a cluster a policy reaches nobody.
  const isReached = selectsVictim || around() !== 'nothing' || places.some((one) => isPlace(one) && reach.at(one))
  if (!isReached) return undefined
  const totalKib = kill.limitKib ?? (kill.scope === 'Node' ? nodes.get(kill.node)?.memory?.capacityKib : undefined)
  const at = table?.rows.findIndex(({ pid }) => pid !== undefined && pid === kill.victimPid) ?? -1
  if (table?.isKernels !== true || totalKib === undefined || at < 0) return untold()
  const perThousand = Math.floor(totalKib / PAGE_KIB / 1000)
  const rows = adjustRows(placed, { table, places }, at, reach, around).map((adjustment, place): Points => {
    const { badnessPages, oomScoreAdj: had = 0 } = table.rows[place] as CandidateRow
    const pointsOf = ([low, high]: Range): Range => [
      badnessPages + (low - had) * perThousand,
      badnessPages + (high - had) * perThousand,
    ]
    return { without: pointsOf(adjustment.without), under: pointsOf(adjustment.under) }
  })
  const replayed = compare(rows, table.rows, at)
  if (replayed.replay !== 'same' || selectsVictim || rows.some(isRaised)) return replayed
  return undefined
}

/** The oom_score_adj of each row without the policy and with it. @param victimAt the victim's row */
function adjustRows(
  { kill, victim }: PlacedKill,
  { table, places }: InLine & { table: CandidateRows },
  victimAt: number,
  reach: Reach,
  around: (except?: string) => Around,
): Adjusted[] {
  const { processes, oomScoreAdj: { value, delta = 0 } = {} } = reach.policy.spec
  const score = value === undefined ? { delta } : { value }
  const isNamed = table.rows.some(({ container }) => container !== undefined)
  const victimRow = table.rows[victimAt]
  const namespace = isPlace(victim) ? victim.pod.namespace : undefined
  /** Of a row that names nobody. */
  const aroundOf = ({ pid }: CandidateRow): Around => {
    // Those of the victim's own namespace have their names.
    if (pid === undefined) return around(namespace)
    // A report of an earlier build: its container's processes are known, all else is not asked.
    return !isNamed && isPlace(victim) ? 'nothing' : around()
  }
  return table.rows.map((row, at) => {
    const had = row.oomScoreAdj ?? 0
    const isVictims =
      at === victimAt ||
      kill.scope === 'ContainerLimit' ||
      (places[at] === undefined && !isNamed && isLike(row, victimRow))
    const place = isVictims ? (victim ?? places[at]) : places[at]
    if (place === 'none') return unadjusted(had)
    if (place === undefined) {
      const fits = row.pid === undefined || fitOfKnown(processes, row) !== 'no'
      return fits ? perhapsAdjusted(had, score, aroundOf(row)) : unadjusted(had)
    }
    const effect = reach.at(place)
    const fit = effect === undefined ? 'no' : fitOfKnown(processes, row)
    if (effect === undefined || fit === 'no') return unadjusted(had)
    return fit === 'yes' ? adjusted(had, effect) : eitherWay(had, effect)
  })
}

function compare(rows: readonly Points[], told: readonly CandidateRow[], victimAt: number): Replayed {
  const without = firstOf(rows, 'without')
  const under = firstOf(rows, 'under')
  const before = without === undefined ? undefined : rows[without]
  if (without === undefined || before === undefined) return { replay: 'unknown' }
  if (under === without) return { replay: 'same' }
  if (under !== undefined) return { replay: 'changed', instead: told[under === victimAt ? without : under] }
  const isPassed = rows.some(({ under: [low] }, at) => at !== without && isAhead(low, at, before.under[1], without))
  return { replay: isPassed ? 'changed' : 'unknown' }
}

/** Who has the most points for sure. */
function firstOf(rows: readonly Points[], which: keyof Points): number | undefined {
  const best = rows.reduce((most, row, at) => (row[which][0] > (rows[most]?.[which][0] ?? -Infinity) ? at : most), 0)
  const low = rows[best]?.[which][0] ?? -Infinity
  return rows.every((row, at) => at === best || isAhead(low, best, row[which][1], at)) ? best : undefined
}

/** Of equals the kernel takes the first, in whose order the table is. */
function isAhead(points: number, at: number, others: number, othersAt: number): boolean {
  return points > others || (points === others && at < othersAt)
}

function isRaised({ without, under }: Points): boolean {
  return under[0] > without[1]
}

/** Whose memory pods share. */
function isShared(scope: PlacedKill['kill']['scope']): boolean {
  return scope === 'Node' || scope === 'Kubepods'
}

/** Of the victim's own pod. */
function aroundIn({ pod }: Place, reach: Reach): Around {
  const effects = pod.members.flatMap((member) => reach.at({ pod, member }) ?? [])
  if (effects.some(({ before, after }) => after > before)) return 'raises'
  return effects.length > 0 ? 'protects' : 'nothing'
}

/** A process of the victim's own container, as far as a table without names tells: one that is called and was set as the victim. */
function isLike(row: CandidateRow, victim: CandidateRow | undefined): boolean {
  return row.command === victim?.command && row.oomScoreAdj === victim?.oomScoreAdj
}

function isPlace(place: Place | 'none' | undefined): place is Place {
  return place !== undefined && place !== 'none'
}
