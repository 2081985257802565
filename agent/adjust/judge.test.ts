import { describe, expect, it } from '@jest/globals'
import { processOf, ruleOf } from '../testing/rules.ts'
import { firstOf, judgeProcess } from './judge.ts'
import type { Rule } from './rule.ts'

const PROCESS = processOf(1, 0)
const judge = (...rules: Rule[]) => judgeProcess(rules, PROCESS, { command: 'app', isFirst: true })
/** policy:outcome:reason of the rules that do not decide. */
const asides = (...rules: Rule[]) =>
  judge(...rules).asides.map(({ rule, outcome, why }) =>
    [rule.policy, outcome, why?.reason, why?.message].join(' ').trim(),
  )

const enforcing = (policy: string, changes = {}) => ruleOf({ policy, ...changes })
const auditing = (policy: string, changes = {}) => ruleOf({ policy, mode: 'Audit', ...changes })
const OTHER = { processes: [{ command: 'other' }] }

describe('judgeProcess', () => {
  it('lets the first rule decide that enforces and fits', () => {
    const judged = judge(enforcing('a', OTHER), enforcing('b', { score: { delta: 7 } }), enforcing('c'))
    expect([judged.decidedBy?.policy, judged.score]).toEqual(['b', { delta: 7 }])
    expect(asides(enforcing('a', OTHER), enforcing('b'), enforcing('c'))).toEqual([
      'c skipped Overridden policy b decides',
    ])
  })

  it('lets nobody decide where none fits', () => {
    expect(judge(enforcing('a', OTHER))).toEqual({
      process: PROCESS,
      score: undefined,
      decidedBy: undefined,
      asides: [],
    })
  })

  it('never lets an auditing rule decide, and tells what it would do alone', () => {
    const rules = [auditing('a'), auditing('b'), enforcing('c'), auditing('d')]
    expect(judge(...rules).decidedBy?.policy).toBe('c')
    expect(asides(...rules)).toEqual(['a would', 'b would', 'd skipped Overridden policy c decides'])
  })

  it('passes over a rule that sets no score', () => {
    const scope = ruleOf({ policy: 'scope', score: undefined, killScope: 'Container' })
    expect(judge(scope, enforcing('b')).decidedBy?.policy).toBe('b')
  })

  it('says of a rule that it cannot tell, and lets the next one decide', () => {
    const byProgram = enforcing('a', { processes: [{ exe: 'app' }] })
    expect(judge(byProgram, enforcing('b')).decidedBy?.policy).toBe('b')
    expect(asides(byProgram, enforcing('b'))).toEqual([
      expect.stringMatching(/^a failed ProgramUnreadable .*CAP_SYS_PTRACE/),
    ])
  })
})

describe('firstOf', () => {
  it('is the one that was started first, of equals the one of the lower pid', () => {
    const [late, early, twin] = [
      processOf(1, 0, { startTicks: 9 }),
      processOf(8, 0, { startTicks: 5 }),
      processOf(9, 0, { startTicks: 5 }),
    ]
    expect(firstOf([late, twin, early])).toBe(early)
    expect(firstOf([])).toBeUndefined()
  })
})
