import type { ProcessMatcher } from '#contract/desiredRule.ts'
import { matchesGlob } from '#contract/glob.ts'

/** As a policy's spec has it, or a rule. */
type Matcher = Omit<ProcessMatcher, 'init'> & { init?: boolean | undefined }

/** What a report or a ranking tells of a process: neither its program nor its arguments. */
export interface KnownProcess {
  /** Absent: it is not told whose it is, and nothing fits. */
  command: string | undefined
  /** Whether it is its container's first process; absent where that is not told. */
  isFirst?: boolean | undefined
}

/** Whether a rule's matchers, of which one must fit, select a process; `unknown`: that depends on what is not told. */
export function fitOfKnown(
  matchers: readonly Matcher[] | undefined,
  { command, isFirst }: KnownProcess,
): 'yes' | 'no' | 'unknown' {
  if (matchers === undefined) return 'yes'
  if (command === undefined) return 'no'
  let fit: 'no' | 'unknown' = 'no'
  for (const one of matchers) {
    if (one.init === true && isFirst === false) continue
    if (one.command !== undefined && !matchesGlob(one.command, command)) continue
    const isOpen = one.exe !== undefined || one.cmdline !== undefined || (one.init === true && isFirst === undefined)
    if (!isOpen) return 'yes'
    fit = 'unknown'
  }
  return fit
}
