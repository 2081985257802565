import type { DesiredRule } from '#contract/desiredRule.ts'
import type { ObservedProcess } from '../adjust/plan.ts'
import { KillScopes } from '../adjust/killScopes.ts'
import { compileRule, type CompilePattern, type Rule } from '../adjust/rule.ts'

/** A rule that enforces 500 on every process, of policy `p`. */
export function desiredRuleOf(changes: Partial<DesiredRule> = {}): DesiredRule {
  return {
    policy: 'p',
    uid: '9d3f6a10-2f3b-4f6e-8a52-0c2c6f0e7b11',
    generation: 1,
    mode: 'Enforce',
    score: { value: 500 },
    holdForSeconds: 86_400,
    allowCrossQoS: false,
    allowUnlimited: false,
    ...changes,
  }
}

/** The same, ready to be applied; without RE2, which a test loads that needs it. */
export function ruleOf(changes: Partial<DesiredRule> = {}, compilePattern: CompilePattern = noPattern): Rule {
  return compileRule(desiredRuleOf(changes), compilePattern)
}

function noPattern(): never {
  throw new Error('expected a test without expressions')
}

export function processOf(pid: number, oomScoreAdj: number, changes: Partial<ObservedProcess> = {}): ObservedProcess {
  return { pid, startTicks: pid * 10, oomScoreAdj, command: 'app', ...changes }
}

/** Of a kernel that has none. */
export function noKillScopes(): KillScopes {
  return new KillScopes(
    {},
    {
      maySet: true,
      read: () => undefined,
      write: () => ({ kind: 'gone' }),
      save: () => undefined,
      lostAtTicks: undefined,
    },
  )
}
