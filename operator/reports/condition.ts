import { MAX_CONDITIONS, type Condition } from '../api/killRecord.ts'

/** What a check says of a report. */
export type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>

/** The condition as it is written: its time is that of its last change of status. */
export function settleCondition(
  stored: readonly Condition[] | undefined,
  type: string,
  verdict: Verdict,
  now: Date,
  observedGeneration: number,
): Condition {
  const before = stored?.find((condition) => condition.type === type)
  return {
    type,
    ...verdict,
    lastTransitionTime: before?.status === verdict.status ? before.lastTransitionTime : now.toISOString(),
    observedGeneration,
  }
}

/** These conditions, and behind them those of others, which stay as they are while there is room for them. */
export function withOthers(stored: readonly Condition[] | undefined, own: readonly Condition[]): Condition[] {
  const types = new Set(own.map(({ type }) => type))
  return [...own, ...(stored ?? []).filter(({ type }) => !types.has(type))].slice(0, MAX_CONDITIONS)
}
