import * as z from 'zod'

/** Everything below `sequence` on this boot is told and acknowledged; reading goes on at `sequence`. */
export interface Cursor {
  bootId: string
  sequence: number
}

const cursorSchema = z.object({ version: z.literal(1), bootId: z.uuid(), sequence: z.int().nonnegative() })

export type ParsedCursor = { ok: true; cursor: Cursor } | { ok: false; reason: string }

export function parseCursor(text: string): ParsedCursor {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, reason: `expected JSON, got ${text.length} characters that are not` }
  }
  const result = cursorSchema.safeParse(value)
  if (result.success) return { ok: true, cursor: { bootId: result.data.bootId, sequence: result.data.sequence } }
  const issue = result.error.issues[0]
  return { ok: false, reason: `${issue?.path.join('.') || 'cursor'}: ${issue?.message ?? 'not accepted'}` }
}

export function formatCursor(cursor: Cursor): string {
  return `${JSON.stringify({ version: 1, ...cursor })}\n`
}

/** Where reading starts, and which kills are too old to tell. */
export interface StartPlan {
  /** Records below are skipped. */
  fromSequence: number
  /** An agent was on this node before this boot: what is gone from the ring's beginning is a loss. */
  wholeBoot: boolean
  /** Set when there is no cursor: kills with a time stamp before this one are counted, not published. */
  publishAfterUsec?: number
}

/**
 * With a cursor of an earlier boot nothing of this one was told yet, and all of it is. Without any, the ring is read from
 * its beginning, but only kills inside the dedupe window are published: an older one may have been stored, aged out, and
 * would then be counted twice. The window is on the kernel's own clock, which nobody sets.
 * @param monotonicUsec now, on the clock of the records
 */
export function planStart(
  cursor: Cursor | undefined,
  bootId: string,
  monotonicUsec: number,
  dedupeWindowUsec: number,
): StartPlan {
  if (cursor?.bootId === bootId) return { fromSequence: cursor.sequence, wholeBoot: false }
  if (cursor !== undefined) return { fromSequence: 0, wholeBoot: true }
  return { fromSequence: 0, wholeBoot: false, publishAfterUsec: monotonicUsec - dedupeWindowUsec }
}
