import type { Flags } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { policyTestAbout, policyTestFlags } from '../policy/policyFlags.ts'
import { completionAbout, completionFlags } from './completion/about.ts'
import { explainAbout, explainFlags } from './explain.ts'
import { listAbout, listFlags } from './list.ts'
import { rankNodeAbout, rankNodeFlags } from './rankNode.ts'
import { simulateNodeAbout, simulateNodeFlags } from './simulateNode.ts'
import { showAbout, showFlags } from './show.ts'
import { tailAbout, tailFlags } from './tail.ts'
import { topAbout, topFlags } from './top.ts'

/** What stands behind `kubectl oom`. */
export interface Verb {
  /** In the list of all. */
  short: string
  flags: Flags
  about: About
}

export const VERBS = {
  list: { short: 'what was killed in a namespace, or with -A everywhere', flags: listFlags, about: listAbout },
  show: { short: 'one report, with its last kills', flags: showFlags, about: showAbout },
  explain: { short: "why one kill happened, from the kernel's own lines", flags: explainFlags, about: explainAbout },
  tail: { short: 'kills as they happen', flags: tailFlags, about: tailAbout },
  top: { short: 'the workloads that are killed most often', flags: topFlags, about: topAbout },
  rank: { short: 'whom the OOM killer would take next on a node', flags: rankNodeFlags, about: rankNodeAbout },
  simulate: {
    short: 'who dies if a node runs out of memory now, who next',
    flags: simulateNodeFlags,
    about: simulateNodeAbout,
  },
  policy: {
    short: 'policy test: what an OOMPolicy would do, before it does',
    flags: policyTestFlags,
    about: policyTestAbout,
  },
  completion: {
    short: 'a script that completes words in bash, zsh or fish',
    flags: completionFlags,
    about: completionAbout,
  },
} satisfies Readonly<Record<string, Verb>>

export type VerbName = keyof typeof VERBS

export function isVerb(text: string | undefined): text is VerbName {
  return text !== undefined && Object.hasOwn(VERBS, text)
}

/** @param program as it was called: `kubectl oom` */
export function formatVerbs(program: string): string {
  const width = Math.max(...Object.keys(VERBS).map((name) => name.length))
  return [
    `Usage: ${program} COMMAND [flags]`,
    '',
    "What the kernel's OOM killer took in this cluster, why, and whom it would take next.",
    '',
    ...Object.entries(VERBS).map(([name, { short }]) => `  ${name.padEnd(width)}  ${short}`),
    '',
    `${program} help COMMAND lists its flags, with calls to copy.`,
  ].join('\n')
}
