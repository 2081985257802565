import type * as z from 'zod'
import type { Watermark, killRecord } from '../api/killRecord.ts'
import { killKey, type KillToCount } from './killRecord.ts'
import { advance, countedBy } from './watermark.ts'

type KillRecord = z.infer<typeof killRecord>
type Identity = Parameters<typeof killKey>[0]

/**
 * The kills that a stored status has not counted: by its watermark (of the same stream), and not among its last
 * kills, which tells a kill again that an agent published twice or that stands in a re-created stream.
 * @param settled The checkpoint as it is stored.
 */
export function killsPast<R extends KillRecord>(
  stored:
    | { watermark: Watermark; lastKills: readonly Identity[]; lastRejects?: readonly Identity[] | undefined }
    | undefined,
  kills: readonly KillToCount<R>[],
  { stream, settled = 0 }: { stream: string; settled?: number | undefined },
): { fresh: R[]; watermark: Watermark } {
  const isCounted = countedBy(stored?.watermark, stream)
  const uncounted = kills.filter(({ streamSequence }) => !isCounted(streamSequence))
  const { watermark, taken } = advance(
    stored?.watermark,
    { stream, settled },
    uncounted.map(({ streamSequence }) => streamSequence),
  )
  const known = new Set([...(stored?.lastKills ?? []), ...(stored?.lastRejects ?? [])].map(killKey))
  const fresh: R[] = []
  for (const { record } of uncounted.slice(0, taken)) {
    if (known.has(killKey(record))) continue
    known.add(killKey(record))
    fresh.push(record)
  }
  return { fresh, watermark }
}

/** When a kill was, as far as both clocks can be right: no kill is later than when it was seen. */
export function whenOf(kill: { time: string; seenAt: string }): string {
  // ISO times of one precision and zone sort as text.
  return kill.time < kill.seenAt ? kill.time : kill.seenAt
}

/** First and last time of the counted kills; clocks of nodes may disagree, so order in the stream says nothing. */
export function spanOf(
  stored: { firstSeen: string; lastSeen: string } | undefined,
  fresh: readonly KillRecord[],
): { firstSeen: string; lastSeen: string } {
  const times = fresh.map(whenOf)
  if (stored !== undefined) times.push(stored.firstSeen, stored.lastSeen)
  times.sort()
  return { firstSeen: times[0] ?? '', lastSeen: times.at(-1) ?? '' }
}
