import { beforeAll, describe, expect, it } from '@jest/globals'
import type { ProcessMatcher } from '#contract/desiredRule.ts'
import { loadRe2 } from '../adapters/loadRe2.ts'
import { desiredRuleOf } from '../testing/rules.ts'
import { compileRule, fitOf, havePatterns, type CompilePattern, type ProcessFacts, type Rule } from './rule.ts'

const POSTMASTER: ProcessFacts = {
  command: 'postgres',
  isFirst: true,
  exe: 'postgres',
  cmdline: '/usr/lib/postgresql/16/bin/postgres -D /data',
}
const BACKEND: ProcessFacts = { ...POSTMASTER, isFirst: false, cmdline: 'postgres: app shop 10.0.0.7(41872) idle' }

let compilePattern: CompilePattern

beforeAll(async () => {
  compilePattern = await loadRe2()
})

const ruleOf = (...processes: ProcessMatcher[]): Rule => compileRule(desiredRuleOf({ processes }), compilePattern)
const fit = (facts: ProcessFacts, ...processes: ProcessMatcher[]) => fitOf(ruleOf(...processes), facts)

describe('fitOf', () => {
  it('fits every process where none is selected', () => {
    expect(fitOf(compileRule(desiredRuleOf(), compilePattern), BACKEND)).toBe('fits')
  })

  it.each<[string, ProcessMatcher]>([
    ['the command', { command: 'postgres' }],
    ['a glob of the command', { command: 'post*' }],
    ['the program', { exe: 'postgre?' }],
    ['an expression found in the command line', { cmdline: 'shop \\d+(\\.\\d+){3}' }],
    ['all that is given', { command: 'postgres', exe: 'postgres', cmdline: '^postgres: ' }],
  ])('fits a process by %s', (_what, matcher) => {
    expect(fit(BACKEND, matcher)).toBe('fits')
  })

  it.each<[string, ProcessMatcher]>([
    ['the command', { command: 'java' }],
    ['the program', { exe: 'java' }],
    ['the command line', { cmdline: '^/usr/lib' }],
    ['its not being the first', { init: true }],
    ['one of what is given', { command: 'postgres', cmdline: 'checkpointer' }],
  ])('does not fit a process by %s', (_what, matcher) => {
    expect(fit(BACKEND, matcher)).toBe('other')
  })

  it('tells the first process from those that it started', () => {
    expect([POSTMASTER, BACKEND].map((facts) => fit(facts, { command: 'postgres', init: true }))).toEqual([
      'fits',
      'other',
    ])
  })

  it('fits when one of several entries does', () => {
    expect(fit(BACKEND, { command: 'java' }, { cmdline: 'idle$' })).toBe('fits')
  })

  it('does not know where it depends on a program that is not shown', () => {
    const hidden = { ...BACKEND, exe: undefined }
    expect(fit(hidden, { exe: 'postgres' })).toBe('unreadable')
    expect(fit(hidden, { exe: 'postgres' }, { command: 'postgres' })).toBe('fits')
    expect(fit(hidden, { exe: 'postgres', command: 'java' })).toBe('other')
  })

  it('fits no process that has ended by a program or a command line', () => {
    const zombie = { command: 'postgres', isFirst: false, exe: null, cmdline: '' }
    expect(fit(zombie, { exe: '*' }, { cmdline: '.' })).toBe('other')
  })

  it('takes no long time over an expression that would take others for ever', () => {
    expect(fit({ ...BACKEND, cmdline: 'a'.repeat(4096) }, { cmdline: '^(a+)+$b' })).toBe('other')
  })
})

describe('compileRule', () => {
  it('asks for no more of a process than its matchers need', () => {
    expect(ruleOf({ command: 'a' }, { init: true }).facts).toEqual([])
    expect(ruleOf({ exe: 'a' }).facts).toEqual(['exe'])
    expect(ruleOf({ cmdline: 'a' }, { exe: 'b' }).facts).toEqual(['exe', 'cmdline'])
  })

  it('says what is wrong with an expression, and selects nothing by it', () => {
    const rule = ruleOf({ cmdline: '(?=a)' }, { command: 'postgres' })
    expect(rule.broken).toContain('expected an RE2 expression, got: ')
    expect(rule.broken).toContain('(?=')
    expect(fitOf(rule, POSTMASTER)).toBe('other')
  })
})

describe('havePatterns', () => {
  it('is so only where an expression is', () => {
    expect(havePatterns([desiredRuleOf(), desiredRuleOf({ processes: [{ exe: 'a' }] })])).toBe(false)
    expect(havePatterns([desiredRuleOf({ processes: [{ exe: 'a' }, { cmdline: 'b' }] })])).toBe(true)
  })
})
