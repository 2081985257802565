import type { KillEvent } from '#contract/killEvent.ts'
import type * as z from 'zod'
import type { killRecord, lastKill } from '../api/killRecord.ts'
import { OTHER_NAMESPACE, candidateTable, visiblePids, type IsVisible, type NameContainer } from './candidateTable.ts'
import type { KillExplanation } from './explainKill.ts'
import { predictionText } from './predictionText.ts'
import { formatKib } from './quantity.ts'
import { shownText } from './shownText.ts'

type KillRecord = z.infer<typeof killRecord>
type LastKill = z.infer<typeof lastKill>

/** A kill and where it stands in the stream of kills. */
export interface KillToCount<R extends KillRecord> {
  streamSequence: number
  record: R
}

export interface RecordContext {
  /** The operator's clock. */
  now: Date
  podName?: string | undefined
  isVisible: IsVisible
  nameContainer?: NameContainer | undefined
  explain: (event: KillEvent, isVisible: IsVisible) => KillExplanation
}

/** What a report keeps of a kill event, whatever the report. */
export function buildKillRecord(event: KillEvent, context: RecordContext): KillRecord {
  const { victim, attribution, domain } = event
  return compact({
    time: event.killedAt,
    seenAt: context.now.toISOString(),
    node: event.node,
    bootId: event.bootId,
    sequence: event.sequence,
    recoveredAs: event.recoveredAs,
    podName: context.podName,
    podUid: attribution.podUid,
    containerId: attribution.containerId,
    victimPid: victim?.pid,
    victimCommand: victim === undefined ? undefined : shownText(victim.command, 64),
    victimRssKib: rssKibOf(event.victim),
    trigger: triggerText(event, context.isVisible),
    scope: event.scope,
    limitKib: domain.limitKib,
    source: event.source,
    attribution: attribution.source,
    groupKill: event.groupKill?.source,
    prediction: predictionText(event, context.isVisible),
    ...context.explain(event, context.isVisible),
    candidates: candidateTable(event, context.isVisible, context.nameContainer),
  })
}

/** Who a kill is: a kill line's kmsg sequence never repeats within its node's boot, nor does a cgroup's number. */
export function killKey(kill: {
  node: string
  bootId: string
  sequence: number
  recoveredAs?: string | undefined
}): string {
  return `${kill.node}/${kill.bootId}/${kill.recoveredAs ?? kill.sequence}`
}

/** The newest kill in words. */
export function describeLast(record: KillRecord): LastKill {
  return compact({
    time: record.time,
    victim: victimText(record),
    pid: record.victimPid,
    node: record.node,
    scope: record.scope,
    limit: record.limitKib === undefined ? undefined : formatKib(record.limitKib),
    rss: record.victimRssKib === undefined ? undefined : formatKib(record.victimRssKib),
  })
}

function victimText({ victimPid, victimCommand, source }: KillRecord): string {
  if (source === 'memoryEvents') return '(unknown)'
  return victimPid === undefined ? '(nobody)' : (victimCommand ?? '?')
}

/** What a victim had resident, in KiB, as far as the kernel printed it. A lie of its node stays a number that JSON carries. */
export function rssKibOf(victim: KillEvent['victim']): number | undefined {
  const parts = [victim?.anonRssKib, victim?.fileRssKib, victim?.shmemRssKib].filter((part) => part !== undefined)
  if (parts.length === 0) return undefined
  const sum = parts.reduce((total, part) => total + part, 0)
  return Math.min(sum, Number.MAX_SAFE_INTEGER)
}

function triggerText(event: KillEvent, isVisible: IsVisible): string | undefined {
  const { trigger } = event
  if (trigger === undefined) return undefined
  const isShown = isVisible({}) || (trigger.pid !== undefined && visiblePids(event, isVisible).has(trigger.pid))
  const pid = trigger.pid === undefined ? '' : `(${trigger.pid})`
  const flags = trigger.gfpFlags?.join('|') ?? trigger.gfpMask
  const order = trigger.order === undefined ? '' : ` order ${trigger.order}`
  const who = isShown ? `${trigger.command}${pid}` : OTHER_NAMESPACE
  return shownText(`${who}${flags === undefined ? '' : ` asked ${flags}`}${order}`, 120)
}

/** Without the fields that are undefined: JSON would drop them, and a comparison with what was stored must not. */
export function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

/** An empty list would be a line in `kubectl describe` that says nothing. */
export function absentIfEmpty<T>(list: T[] | undefined): T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list
}
