import { desiredRule, type DesiredRule, type DesiredScore } from '#contract/desiredRule.ts'
import type { Policy } from './selection.ts'

export type ParsedRule = { ok: true; rule: DesiredRule } | { ok: false; message: string }

/** A policy as its nodes have to know it. Not ok for one that the apiserver took under another version of the kind. */
export function ruleOf({ name, uid, generation, spec }: Policy): ParsedRule {
  const { mode, killScope, allowCrossQoS, allowUnlimited } = spec
  const score = scoreOf(spec.oomScoreAdj)
  const result = desiredRule.safeParse({
    policy: name,
    uid,
    generation,
    mode,
    ...(score !== undefined && { score }),
    ...(killScope !== undefined && { killScope }),
    ...(spec.processes !== undefined && { processes: spec.processes }),
    holdForSeconds: parseDurationSeconds(spec.holdFor),
    allowCrossQoS,
    allowUnlimited,
  })
  if (result.success) return { ok: true, rule: result.data }
  const [issue] = result.error.issues
  return { ok: false, message: `spec, as it is stored: ${issue?.path.join('.')}: ${issue?.message}`.slice(0, 300) }
}

function scoreOf({ value, delta }: { value?: number | undefined; delta?: number | undefined } = {}):
  | DesiredScore
  | undefined {
  if (value !== undefined) return { value }
  return delta === undefined ? undefined : { delta }
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { h: 3_600, m: 60, s: 1 }

/** A duration as Go writes it, in whole hours, minutes and seconds. @returns NaN for what is none. */
export function parseDurationSeconds(text: string): number {
  if (!/^(?:\d+[hms])+$/.test(text)) return Number.NaN
  let seconds = 0
  for (const [, digits, unit = ''] of text.matchAll(/(\d+)([hms])/g))
    seconds += Number(digits) * (UNIT_SECONDS[unit] ?? 0)
  return seconds
}
