import type * as z from 'zod'
import type { Watermark } from '../api/killRecord.ts'
import { nodeKillRecord, nodeOomReportStatus, type NodeOomReportStatus } from '../api/nodeOomReport.ts'
import { containerKillRecord, oomReportStatus, type OomReportStatus } from '../api/oomReport.ts'
import { describeLast } from './killRecord.ts'
import { whenOf } from './newKills.ts'
import { inThisForm, type Fields } from './storedForm.ts'
import { advanceTrend } from './trend.ts'
import { isPossible } from './watermark.ts'

/** A stored status as this version reads it. */
export interface ParsedStatus<S> {
  status: S
  /** Fields that could not be read and were made anew, or left empty. */
  repaired: readonly string[]
}

export interface ParseContext {
  now: Date
  /** Identity of the stream of kills. */
  stream: string
  /** The last sequence that the stream is known to have. Absent: not known. */
  streamEnd?: number | undefined
}

/**
 * Reads a status that another version wrote, or a person edited: what can be read stays, the rest is made anew from it. Without the count of
 * kills and one of the last kills there is nothing to go on from.
 * @returns undefined then.
 */
export function parseReportStatus(stored: unknown, at: ParseContext): ParsedStatus<OomReportStatus> | undefined {
  const read = parseStatus(stored, oomReportStatus.shape, containerKillRecord, at, ([last]) => ({
    workload: '(unknown)',
    hiddenKills: 0,
    reportedKills: 0,
    byNode: {},
    last: last && { ...describeLast(last), hidden: last.hidden },
  }))
  const status = read?.status as OomReportStatus | undefined
  if (read === undefined || status === undefined) return undefined
  if (status.hiddenKills + status.reportedKills <= status.kills) return { status, repaired: read.repaired }
  return {
    status: { ...status, hiddenKills: 0, reportedKills: 0 },
    repaired: [...read.repaired, 'hiddenKills', 'reportedKills'],
  }
}

/** As parseReportStatus, for what a node keeps. */
export function parseNodeStatus(stored: unknown, at: ParseContext): ParsedStatus<NodeOomReportStatus> | undefined {
  const read = parseStatus(stored, nodeOomReportStatus.shape, nodeKillRecord, at, ([last]) => ({
    withoutVictim: 0,
    byReason: {},
    last: last && { ...describeLast(last), reason: last.reason },
  }))
  return read && { status: read.status as NodeOomReportStatus, repaired: read.repaired }
}

/** Of no stream: the checkpoint, and the last kills, tell what is counted. */
const UNKNOWN_WATERMARK: Watermark = { stream: '(unknown)', sequence: 0 }

function parseStatus<R extends { time: string; seenAt: string }>(
  stored: unknown,
  shape: Readonly<Record<string, z.ZodType>>,
  record: z.ZodType<R>,
  { now, stream, streamEnd = Number.POSITIVE_INFINITY }: ParseContext,
  emptyOf: (lastKills: readonly R[]) => Fields,
): { status: Fields; repaired: string[] } | undefined {
  const fields = inThisForm(stored)
  const kills = Array.isArray(fields['lastKills']) ? (fields['lastKills'] as unknown[]) : []
  const lastKills = kills.flatMap((kill) => record.safeParse(kill).data ?? [])
  const times = lastKills.map(whenOf).toSorted()
  const empty: Fields = {
    observedGeneration: 0,
    firstSeen: times[0],
    lastSeen: times.at(-1),
    byScope: {},
    byCommand: {},
    killsLastDay: 0,
    trend: advanceTrend(undefined, times, now),
    lastKills,
    watermark: UNKNOWN_WATERMARK,
    conditions: [],
    ...emptyOf(lastKills),
  }
  const status: Record<string, unknown> = {}
  const repaired: string[] = []
  for (const [name, schema] of Object.entries(shape)) {
    const asStored = schema.safeParse(fields[name])
    const read = asStored.success ? asStored : schema.safeParse(empty[name])
    if (!read.success) return undefined
    if (!asStored.success) repaired.push(name)
    if (read.data !== undefined) status[name] = read.data
  }
  if (!isPossible(status['watermark'] as Watermark, { stream, streamEnd })) {
    status['watermark'] = UNKNOWN_WATERMARK
    repaired.push('watermark')
  }
  return { status, repaired }
}
