import { argumentOnly, lettered, optional, withDefault, type FlagValues } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
import { countSchema } from '../rankFlags.ts'
import {
  clusterFlags,
  colorFlag,
  fileSchema,
  nodeSchema,
  operatorFlags,
  outputFlag,
  protectedMemoryFlag,
} from '../reports/flags.ts'
import { textSchema } from '../textSchema.ts'

/** A ranking that was saved, of which node. */
export interface RankingFile {
  node: string
  file: string
}

const rankings = textSchema((text) => {
  const pairs = text.split(',').map((pair) => /^(?<node>[a-z0-9][a-z0-9.-]*)=(?<file>.+)$/.exec(pair)?.groups)
  return pairs.every((pair) => pair !== undefined) ? (pairs as unknown as readonly RankingFile[]) : undefined
}, 'it must be NODE=FILE, several with commas')

export const policyTestFlags = {
  filename: lettered(
    'f',
    argumentOnly(optional(fileSchema, 'FILE', 'the policies, as for kubectl apply; - is the standard input')),
  ),
  objects: argumentOnly(
    optional(
      fileSchema,
      'FILE',
      'the cluster from a file, as `kubectl get pods,ns,nodes,runtimeclasses,oomp -A -o yaml` prints it: no cluster is asked then',
    ),
  ),
  reports: argumentOnly(
    optional(fileSchema, 'FILE', 'with --objects: past kills, as `kubectl get oomr,noomr -A -o yaml` prints them'),
  ),
  ranking: argumentOnly(
    optional(
      rankings,
      'NODE=FILE',
      'with --objects: rankings, as `kubectl oom rank NODE --top 50 -o json` prints them',
    ),
  ),
  node: argumentOnly(
    optional(
      nodeSchema,
      'NODE',
      'whose ranking is shown; without it, the five nodes with the most selected containers',
    ),
  ),
  top: withDefault(countSchema, 'N', '10', 'how many lines a table has'),
  ...protectedMemoryFlag,
  output: outputFlag(['text', 'wide', 'json', 'yaml'], 'for people, with all columns, or for programs with all rows'),
  ...colorFlag,
  ...operatorFlags,
  ...clusterFlags,
}

export const policyTestAbout: About = {
  summary:
    'Says what policies would do before they do it: whether the apiserver takes them, what they select, the values before and after, which guard rails refuse what, whom the kernel would take then on each node, and which past kills would have gone otherwise. Changes nothing. Needs the right to list pods, namespaces, nodes and policies; for rankings, to forward a port to the operator.',
  examples: [
    'oomkeeper policy test -f policy.yaml',
    'oomkeeper policy test -f - -o json < policy.yaml',
    'oomkeeper policy test -f policy.yaml --objects objects.yaml --ranking node-a=ranking.json',
  ],
  exitCodes: {
    0: 'every policy selects something, and nothing of it is refused',
    1: 'a policy selects nothing, decides nowhere, or guard rails refuse some of what it selects',
    2: 'wrong flags, or a policy that the apiserver would refuse',
  },
}

export type PolicyTestFlags = FlagValues<typeof policyTestFlags>

/** What no flag is wrong about alone. */
export function findConflicts({ filename, objects, reports, ranking }: PolicyTestFlags): string[] {
  const problems = filename === undefined ? ['-f: expected FILE, got nothing: which policies are to be tried'] : []
  if (objects === undefined && reports !== undefined) problems.push('--reports: expected --objects with it, got none')
  if (objects === undefined && ranking !== undefined) problems.push('--ranking: expected --objects with it, got none')
  if (filename === '-' && objects === '-') problems.push('--objects: expected a file, got the standard input twice')
  return problems
}
