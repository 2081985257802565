import type { DesiredScore } from '#contract/desiredRule.ts'
import type { RuleOutcome, StatusReason } from '#contract/nodeStatus.ts'
import type { ObservedProcess } from './plan.ts'
import { fitOf, type ProcessFacts, type Rule } from './rule.ts'
import { overridden, UNREADABLE_PROGRAM } from './statusReasons.ts'

/** What is to be told of a rule at a process where it does not decide. */
export interface Aside {
  rule: Rule
  outcome: Extract<RuleOutcome, 'failed' | 'skipped' | 'would'>
  why?: StatusReason
}

/** A process with the score that it is to have; undefined: its own. */
export interface JudgedProcess {
  process: ObservedProcess
  score: DesiredScore | undefined
  /** Whose score that is. */
  decidedBy: Rule | undefined
  asides: readonly Aside[]
}

/**
 * Who decides for a process: of the rules that set a score and fit it, the first that enforces. One that only audits is
 * told as if it alone were added to those that enforce.
 * @param rules of its container, in order of precedence
 */
export function judgeProcess(rules: readonly Rule[], process: ObservedProcess, facts: ProcessFacts): JudgedProcess {
  let decidedBy: Rule | undefined
  const asides: Aside[] = []
  for (const rule of rules) {
    if (rule.score === undefined || rule.suspended !== undefined) continue
    const fit = fitOf(rule, facts)
    if (fit === 'other') continue
    if (fit === 'unreadable') asides.push({ rule, outcome: 'failed', why: UNREADABLE_PROGRAM })
    else if (decidedBy !== undefined) asides.push({ rule, outcome: 'skipped', why: overridden(decidedBy.policy) })
    else if (rule.mode === 'Audit') asides.push({ rule, outcome: 'would' })
    else decidedBy = rule
  }
  return { process, score: decidedBy?.score, decidedBy, asides }
}

/** The process of a container that was there before all others; later ones may have lower pids. */
export function firstOf(processes: readonly ObservedProcess[]): ObservedProcess | undefined {
  return processes.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0]
}
