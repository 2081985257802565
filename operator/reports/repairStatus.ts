import { isDeepStrictEqual } from 'node:util'
import { killScope } from '#contract/killEvent.ts'
import { MAX_NAMED_COMMANDS, MAX_NAMED_NODES, OTHER_COMMANDS, OTHER_NODES, type Trend } from '../api/killRecord.ts'
import {
  nodeKillRecord,
  nodeOomReportStatus,
  nodeReason,
  type NodeOomReportStatus,
  type NodeReason,
} from '../api/nodeOomReport.ts'
import { containerKillRecord, oomReportStatus, type OomReportStatus } from '../api/oomReport.ts'
import { describeLast } from './killRecord.ts'
import { isTaken } from './reduceNodeReport.ts'
import { readFields, trendOf, type ReadContext, type Seen } from './readFields.ts'
import { REJECTED } from './rejectRecord.ts'
import { fillUp, foldSmallest } from './tally.ts'
import { killsIn, parseCounts } from './trend.ts'
import { undecidedKills } from './undecidedKills.ts'

/** A stored status as this version reads it. */
export interface ParsedStatus<S> {
  status: S
  /** Fields that could not be read and were made anew, or left empty. */
  repaired: readonly string[]
}

/**
 * Reads a status that another version wrote, or a person edited: what can be read and can be true stays, the rest is made anew from it.
 * Without the count of kills and one of the last kills there is nothing to go on from.
 * @returns undefined then.
 */
export function parseReportStatus(stored: unknown, at: ReadContext): ParsedStatus<OomReportStatus> | undefined {
  const read = readFields(stored, oomReportStatus.shape, containerKillRecord, at, ([last]) => ({
    workload: '(unknown)',
    hiddenKills: 0,
    reportedKills: 0,
    byNode: {},
    last: last && { ...describeLast(last), hidden: last.hidden },
  }))
  if (read === undefined) return undefined
  const status = read.status as OomReportStatus
  const { byScope, byNode, byCommand, lastKills, undecided, hiddenKills, reportedKills } = status
  // It has them itself.
  const kills = Math.max(status.kills, lastKills.length + (undecided?.length ?? 0))
  const judged = hiddenKills + reportedKills + undecidedKills(status).length > kills ? 0 : undefined
  return withRepairs(read, status, {
    kills,
    hiddenKills: judged ?? hiddenKills,
    reportedKills: judged ?? reportedKills,
    byScope: fillUp(knownOnly(byScope, killScope.options, 'Unknown'), kills, 'Unknown'),
    byNode: foldSmallest(fillUp(byNode, kills, OTHER_NODES), MAX_NAMED_NODES, OTHER_NODES),
    byCommand: commandsOf(byCommand, kills),
    trend: trendWithin(status.trend, lastKills, kills, at.now),
  })
}

/** As parseReportStatus, for what a node keeps. */
export function parseNodeStatus(stored: unknown, at: ReadContext): ParsedStatus<NodeOomReportStatus> | undefined {
  const read = readFields(stored, nodeOomReportStatus.shape, nodeKillRecord, at, (lastKills) => ({
    withoutVictim: 0,
    byReason: {},
    trend: trendOf(lastKills.filter(isTaken), at.now),
    last: lastKills[0] && { ...describeLast(lastKills[0]), reason: lastKills[0].reason },
  }))
  if (read === undefined) return undefined
  const status = read.status as NodeOomReportStatus
  const { byScope, byReason, byCommand } = status
  const taken = status.lastKills.filter(isTaken)
  const kills = Math.max(status.kills, taken.length)
  const invocations = kills + status.withoutVictim
  const { [REJECTED]: rejected = 0, ...reasons } = knownOnly(byReason, nodeReason.options, UNKNOWN_REASON)
  return withRepairs(read, status, {
    kills,
    byScope: fillUp(knownOnly(byScope, killScope.options, 'Unknown'), invocations, 'Unknown'),
    byReason: { ...fillUp(reasons, invocations, UNKNOWN_REASON), ...(rejected > 0 && { [REJECTED]: rejected }) },
    byCommand: commandsOf(byCommand, kills),
    trend: trendWithin(status.trend, taken, kills, at.now),
  })
}

/** Nobody can say any more. */
const UNKNOWN_REASON: NodeReason = 'CgroupUnknown'

function commandsOf(counts: Readonly<Record<string, number>>, kills: number): Record<string, number> {
  return foldSmallest(fillUp(counts, kills, OTHER_COMMANDS), MAX_NAMED_COMMANDS, OTHER_COMMANDS)
}

/** What is under other names, under `rest`. */
function knownOnly(
  counts: Readonly<Record<string, number>>,
  names: readonly string[],
  rest: string,
): Readonly<Record<string, number>> {
  const entries = Object.entries(counts)
  const known = entries.filter(([name]) => names.includes(name))
  if (known.length === entries.length) return counts
  const others = entries.filter(([name]) => !names.includes(name)).reduce((sum, [, count]) => sum + count, 0)
  return { ...Object.fromEntries(known), [rest]: (counts[rest] ?? 0) + others }
}

/** Neither a day nor a week has more kills than there were. */
function trendWithin(trend: Trend, lastKills: readonly Seen[], kills: number, now: Date): Trend {
  const inWeek = parseCounts(trend.perDay).reduce((sum, counted) => sum + counted, 0)
  return Math.max(killsIn(trend), inWeek) <= kills ? trend : trendOf(lastKills, now)
}

function withRepairs<S extends object>(
  read: { repaired: readonly string[] },
  status: S,
  repairs: Partial<{ [K in keyof S]: unknown }>,
): ParsedStatus<S> {
  const changed = Object.keys(repairs).filter(
    (name) => !isDeepStrictEqual(status[name as keyof S], repairs[name as keyof S]),
  )
  return { status: { ...status, ...repairs } as S, repaired: [...new Set([...read.repaired, ...changed])] }
}
