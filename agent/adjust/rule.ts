import type { DesiredRule, ProcessMatcher } from '#contract/desiredRule.ts'
import { matchesGlob } from '#contract/glob.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { messageOf } from '#program/errors.ts'

/** What is read of a process only where a rule asks for it. */
export type Fact = 'exe' | 'cmdline'

/** What a process is chosen by. */
export interface ProcessFacts {
  command: string
  /** The container's first process. */
  isFirst: boolean
  /** Base name of its program; undefined where it is not shown, null where it has none: a zombie. */
  exe?: string | null | undefined
  /** Its arguments, joined by spaces; empty where it has none. */
  cmdline?: string | undefined
}

/** Tells of a text whether it fits. */
export type TextMatcher = (text: string) => boolean
/** Makes one of an RE2 expression. @throws where it is none. */
export type CompilePattern = (pattern: string) => TextMatcher

/** A rule of the desired state, ready to be applied. */
export interface Rule extends DesiredRule {
  /** What has to be read of each process. */
  facts: readonly Fact[]
  /** Undefined where every process is selected. */
  matchers: readonly Matcher[] | undefined
  /** Why it cannot be applied at all. */
  broken: string | undefined
  /** Why it decides nowhere for now, as if it were not there. */
  suspended?: StatusReason
}

interface Matcher {
  command: TextMatcher | undefined
  exe: TextMatcher | undefined
  cmdline: TextMatcher | undefined
  init: boolean
}

/** Whether any of them needs a `CompilePattern`. */
export function havePatterns(rules: readonly DesiredRule[]): boolean {
  return rules.some(({ processes = [] }) => processes.some(({ cmdline }) => cmdline !== undefined))
}

export function compileRule(rule: DesiredRule, compilePattern: CompilePattern): Rule {
  const { processes } = rule
  const facts = (['exe', 'cmdline'] as const).filter((fact) => processes?.some((one) => one[fact] !== undefined))
  try {
    const matchers = processes?.map((one) => compileMatcher(one, compilePattern))
    return { ...rule, facts, matchers, broken: undefined }
  } catch (error) {
    // The apiserver has taken it: its RE2 and this one are not the same.
    return { ...rule, facts: [], matchers: [], broken: `expected an RE2 expression, got: ${messageOf(error)}` }
  }
}

function compileMatcher({ command, exe, cmdline, init }: ProcessMatcher, compilePattern: CompilePattern): Matcher {
  const glob = (pattern: string | undefined): TextMatcher | undefined =>
    pattern === undefined ? undefined : (text) => matchesGlob(pattern, text)
  return {
    command: glob(command),
    exe: glob(exe),
    cmdline: cmdline === undefined ? undefined : compilePattern(cmdline),
    init: init === true,
  }
}

/** `unreadable`: it depends on what could not be read. */
export type Fit = 'fits' | 'other' | 'unreadable'

/** Whether one of a rule's matchers fits a process, as one does when all of its fields do. */
export function fitOf({ matchers }: Rule, facts: ProcessFacts): Fit {
  if (matchers === undefined) return 'fits'
  let fit: Fit = 'other'
  for (const matcher of matchers) {
    const one = fitOfMatcher(matcher, facts)
    if (one === 'fits') return 'fits'
    if (one === 'unreadable') fit = 'unreadable'
  }
  return fit
}

function fitOfMatcher(matcher: Matcher, { command, isFirst, exe, cmdline = '' }: ProcessFacts): Fit {
  if (matcher.init && !isFirst) return 'other'
  if (matcher.command?.(command) === false || matcher.cmdline?.(cmdline) === false) return 'other'
  if (matcher.exe === undefined) return 'fits'
  if (exe === undefined) return 'unreadable'
  return exe !== null && matcher.exe(exe) ? 'fits' : 'other'
}
