import { flagName } from '#program/flagNames.ts'
import type { Flag, Flags } from '#program/flags.ts'
import { isVerb, VERBS, type Verb } from '../verbs.ts'
import { SHELLS } from './about.ts'

/** What may stand at the end of a command line. */
export type Completion =
  | { kind: 'words'; words: readonly { text: string; help?: string | undefined }[] }
  /** Names that the cluster knows. */
  | { kind: 'reports' | 'namespaces' | 'nodes' | 'contexts'; given: Given }
  | { kind: 'files' }

/** What of the line says which cluster, and where in it. */
export interface Given {
  namespace: string | undefined
  context: string | undefined
  kubeconfig: string | undefined
}

const NOTHING: Completion = { kind: 'words', words: [] }
const OF_FLAG: Readonly<Record<string, 'namespaces' | 'nodes' | 'contexts' | 'files'>> = {
  namespace: 'namespaces',
  operatorNamespace: 'namespaces',
  node: 'nodes',
  context: 'contexts',
  kubeconfig: 'files',
  policy: 'files',
  filename: 'files',
  objects: 'files',
  reports: 'files',
}
const OPERANDS: Readonly<Record<string, 'reports' | 'nodes'>> = {
  show: 'reports',
  explain: 'reports',
  rank: 'nodes',
  simulate: 'nodes',
}

/**
 * Completes the last word of a command line.
 * @param words behind the program's name; the last one may be empty
 */
export function complete(words: readonly string[]): Completion {
  const before = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  const [verb, ...line] = before
  if (verb === 'help' && line.length > 0) return NOTHING
  if (verb === undefined || verb === 'help') {
    return { kind: 'words', words: Object.entries(VERBS).map(([text, { short }]) => ({ text, help: short })) }
  }
  if (!isVerb(verb)) return NOTHING
  const { flags }: Verb = VERBS[verb]
  const given = readGiven(flags, line)
  const asked = flagAsked(flags, line.at(-1))
  if (asked !== undefined) return valuesOf(asked[0], asked[1], given)
  const joined = /^(--[a-z-]+=)(.*)$/s.exec(last)
  if (joined !== null) {
    const [key, flag] = findFlag(flags, joined[1]?.slice(0, -1) ?? '') ?? []
    if (key === undefined || flag === undefined) return NOTHING
    const values = valuesOf(key, flag, given)
    if (values.kind !== 'words') return values
    return { kind: 'words', words: values.words.map(({ text }) => ({ text: `${joined[1] ?? ''}${text}` })) }
  }
  if (last.startsWith('-')) return { kind: 'words', words: flagWords(flags) }
  if (verb === 'completion') return { kind: 'words', words: SHELLS.map((text) => ({ text })) }
  if (verb === 'policy' && operandsIn(flags, line) === 0) return { kind: 'words', words: [{ text: 'test' }] }
  const kind = OPERANDS[verb]
  return kind === undefined || operandsIn(flags, line) > 0 ? NOTHING : { kind, given }
}

function flagWords(flags: Flags): { text: string; help: string }[] {
  const own = Object.entries(flags).map(([key, { help }]) => ({ text: `--${flagName(key)}`, help }))
  return [...own, { text: '--help', help: 'what it does, with calls to copy' }]
}

/** Words between bars in a placeholder are all there are. */
function valuesOf(key: string, { placeholder }: Flag<unknown>, given: Given): Completion {
  const kind = OF_FLAG[key]
  if (kind === 'files') return { kind }
  if (kind !== undefined) return { kind, given }
  if (!placeholder.includes('|')) return NOTHING
  return { kind: 'words', words: placeholder.split('|').map((text) => ({ text })) }
}

/** The flag that a word stands for. */
function findFlag(flags: Flags, word: string): [string, Flag<unknown>] | undefined {
  return Object.entries(flags).find(([key, { letter }]) => word === `--${flagName(key)}` || word === `-${letter}`)
}

/** The flag whose value the next word is. */
function flagAsked(flags: Flags, word: string | undefined): [string, Flag<unknown>] | undefined {
  const found = word === undefined ? undefined : findFlag(flags, word)
  return found?.[1].isSwitch ? undefined : found
}

function operandsIn(flags: Flags, line: readonly string[]): number {
  return line.filter((word, at) => !word.startsWith('-') && flagAsked(flags, line[at - 1]) === undefined).length
}

function readGiven(flags: Flags, line: readonly string[]): Given {
  const values: Record<string, string | undefined> = {}
  for (const [at, word] of line.entries()) {
    const [, name = word, value] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? []
    const [key] = findFlag(flags, name) ?? []
    if (key !== undefined) values[key] = value ?? line[at + 1]
  }
  const { namespace, context, kubeconfig } = values
  return { namespace, context, kubeconfig }
}
