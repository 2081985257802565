import { optional, withDefault, type FlagValues } from '#program/flags.ts'
import { textSchema } from './textSchema.ts'

const MAX_TOP = 10_000

export type RankOutput = 'table' | 'json'

const path = textSchema((text) => (text === '' ? undefined : text), 'it must not be empty')
const url = textSchema(
  (text) => (/^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined),
  'it must start with http:// or https://',
)
const count = textSchema(
  (text) => (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_TOP ? Number(text) : undefined),
  `it must be a number from 1 to ${MAX_TOP}`,
)
const output = textSchema<RankOutput>(
  (text) => (text === 'table' || text === 'json' ? text : undefined),
  'it must be table or json',
)

export const rankFlags = {
  top: withDefault(count, 'N', '10', 'how many to show'),
  output: withDefault(output, 'table|json', 'table', 'for people or for programs'),
  proc: optional(path, 'FOLDER', 'the proc file system; without it, /proc'),
  node: optional(path, 'NODE', 'a node of the cluster, by way of the operator; without it, this machine'),
  operator: optional(url, 'URL', "the operator's API; without it, kubectl port-forward to it"),
  namespace: withDefault(path, 'NAMESPACE', 'oomkeeper', 'where the operator runs, for kubectl port-forward'),
}

const MAX_TOP_OF_NODE = 50

/** What no flag is wrong about alone. */
export function findConflicts(flags: FlagValues<typeof rankFlags>): string[] {
  if (flags.node === undefined) {
    return flags.operator === undefined ? [] : ['--operator: expected --node NODE with it, got none']
  }
  const problems: string[] = []
  if (flags.proc !== undefined) problems.push('--proc: expected no --node with it: a node is ranked by its own agent')
  if (flags.top > MAX_TOP_OF_NODE) {
    problems.push(`--top: expected at most ${MAX_TOP_OF_NODE} with --node, got "${flags.top}"`)
  }
  return problems
}
