import {
  MAX_ALL_OUTCOMES,
  MAX_OUTCOMES,
  MAX_REASONS,
  type NodeStatus,
  type RuleOutcome,
  type StatusReason,
} from '#contract/nodeStatus.ts'
import type { WriteOutcome } from './writeOutcome.ts'
import type { Aside, JudgedProcess } from './judge.ts'
import type { ObservedProcess } from './plan.ts'
import type { Rule } from './rule.ts'
import {
  CONFLICT,
  CONTAINER_ABSENT,
  KERNEL_REFUSED,
  NO_PROCESS,
  RECONCILING,
  patternRefused,
  writeFailed,
} from './statusReasons.ts'
import type { ContainerTarget } from './target.ts'

/** What became of a rule at so many processes of a container. */
export interface Outcome {
  rule: Rule
  outcome: RuleOutcome
  processes: number
  why: StatusReason | undefined
}

/** What became of the score that a process was to have; undefined where it had it already. */
export type Became =
  | WriteOutcome
  | { kind: 'refusedByCheck'; why: StatusReason }
  | { kind: 'leftAlone' }
  /** It may not be written, since it could not be given back. */
  | { kind: 'withheld'; why: StatusReason }
  /** It is written later. */
  | { kind: 'waits' }
  | undefined

/**
 * What became of each rule of a container.
 * @param judged undefined where the container is not on the node
 * @param refuses why a rule that only audits could not do there what it would
 */
export function outcomesOf(
  { rules }: ContainerTarget,
  judged: readonly JudgedProcess[] | undefined,
  became: (process: ObservedProcess) => Became,
  refuses: (aside: Aside, process: ObservedProcess) => StatusReason | undefined = () => undefined,
): Outcome[] {
  const all = new Map<string, Outcome>()
  const seen = new Set<Rule>()
  const note = (rule: Rule, outcome: RuleOutcome, why?: StatusReason, processes = 1): void => {
    const key = `${rules.indexOf(rule)} ${outcome} ${why === undefined ? '' : keyOf(why)}`
    all.set(key, { rule, outcome, processes: (all.get(key)?.processes ?? 0) + processes, why })
    seen.add(rule)
  }
  for (const { process, decidedBy, asides } of judged ?? []) {
    for (const aside of asides) {
      const refused = aside.outcome === 'would' ? refuses(aside, process) : undefined
      if (refused === undefined) note(aside.rule, aside.outcome, aside.why)
      else note(aside.rule, 'skipped', refused)
    }
    if (decidedBy === undefined) continue
    const result = became(process)
    if (result?.kind === 'refusedByCheck') note(decidedBy, 'skipped', result.why)
    else if (result?.kind === 'leftAlone') note(decidedBy, 'conflict', CONFLICT)
    else if (result?.kind === 'withheld') note(decidedBy, 'failed', result.why)
    else if (result?.kind === 'waits') note(decidedBy, 'failed', RECONCILING)
    else if (result?.kind === 'refused') note(decidedBy, 'failed', KERNEL_REFUSED)
    else if (result?.kind === 'failed') note(decidedBy, 'failed', writeFailed(result.message))
    else if (result?.kind !== 'gone') note(decidedBy, 'applied')
  }
  for (const rule of rules) {
    if (judged === undefined) note(rule, 'failed', CONTAINER_ABSENT, 0)
    else if (rule.suspended !== undefined) note(rule, 'skipped', rule.suspended, 0)
    else if (rule.broken !== undefined) note(rule, 'failed', patternRefused(rule.broken), 0)
    else if (rule.score !== undefined && !seen.has(rule)) note(rule, 'skipped', NO_PROCESS, 0)
  }
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, outcome]) => outcome)
}

export type ToldOutcomes = Pick<NodeStatus, 'rules' | 'reasons' | 'containers' | 'untold'>

/** The outcomes of all containers as a status tells them, within the bounds of one message. */
export function tellOutcomes(
  rules: readonly Rule[],
  outcomes: readonly { containerId: string; outcomes: readonly Outcome[] }[],
): ToldOutcomes {
  const whys = new Map(
    outcomes.flatMap((one) => one.outcomes.flatMap(({ why }) => why ?? [])).map((why) => [keyOf(why), why]),
  )
  // In an order of their own, so that what has not changed looks the same.
  const keys = [...whys.keys()].toSorted().slice(0, MAX_REASONS)
  const reasonPlaces = new Map(keys.map((key, place) => [key, place]))
  const rulePlaces = new Map(rules.map((rule, place) => [rule, place]))
  let room = MAX_ALL_OUTCOMES
  const containers: NodeStatus['containers'] = []
  for (const { containerId, outcomes: some } of outcomes) {
    const told = some.slice(0, MAX_OUTCOMES)
    if (room < told.length) break
    room -= told.length
    containers.push({
      containerId,
      outcomes: told.map(({ rule, outcome, processes, why }) => {
        const reason = why === undefined ? undefined : reasonPlaces.get(keyOf(why))
        return { rule: rulePlaces.get(rule) ?? 0, outcome, processes, ...(reason !== undefined && { reason }) }
      }),
    })
  }
  const untold = outcomes.length - containers.length
  return {
    rules: rules.map(({ policy, uid, generation }) => ({ policy, uid, generation })),
    reasons: keys.flatMap((key) => whys.get(key) ?? []),
    containers,
    ...(untold > 0 && { untold }),
  }
}

/** A status in which processes only are or are not: how many there are changes all the time. */
export function withoutCounts<T extends Pick<NodeStatus, 'containers'>>(status: T): T {
  const containers = status.containers.map(({ containerId, outcomes }) => ({
    containerId,
    outcomes: outcomes.map((one) => ({ ...one, processes: Math.min(one.processes, 1) })),
  }))
  return { ...status, containers }
}

function keyOf({ reason, message }: StatusReason): string {
  return `${reason} ${message}`
}
