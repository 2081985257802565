import type { Target } from '../runtime/resolveTarget.ts'

/** A kill that is counted later than this is in the reports only: an Event would tell it as news. */
const MAX_NEWS_AGE_MS = 600_000

/**
 * Whether a kill is told when it is counted. How old it is goes by when the stream took it: a node's clock may be an hour
 * behind, or ahead. By the node's only where the stream's is not known, and then by no later time than it was seen.
 */
export function isNews({ record, storedAtMs }: Pick<Target, 'record' | 'storedAtMs'>): boolean {
  const { time, seenAt, source } = record
  return source !== 'recording' && isWithin(storedAtMs ?? Math.min(Date.parse(time), Date.parse(seenAt)), seenAt)
}

/** Whether it is told, when it is decided, that Kubernetes hid a kill. @param wasNews when it was counted */
export function isHiddenNews(
  { seenAt, decidedAt }: { seenAt: string; decidedAt?: string | undefined },
  wasNews: boolean,
): boolean {
  return wasNews && isWithin(Date.parse(seenAt), decidedAt ?? seenAt)
}

function isWithin(fromMs: number, to: string): boolean {
  return Date.parse(to) - fromMs <= MAX_NEWS_AGE_MS
}
