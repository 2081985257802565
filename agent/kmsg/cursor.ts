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
  /** Set when there is no cursor of this boot: kills before this wall clock are counted, not published. */
  publishAfterMs?: number
}

/**
 * Without a cursor of this boot the ring is read from its beginning, but only kills inside the dedupe window are
 * published: an older one may have been stored, aged out, and would then be counted twice.
 */
export function planStart(
  cursor: Cursor | undefined,
  bootId: string,
  nowMs: number,
  dedupeWindowMs: number,
): StartPlan {
  if (cursor?.bootId === bootId) return { fromSequence: cursor.sequence }
  return { fromSequence: 0, publishAfterMs: nowMs - dedupeWindowMs }
}
