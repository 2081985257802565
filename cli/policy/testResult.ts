import { formatCount } from '#kernel/explain/quantity.ts'
import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import type { ProtectedMemory } from './previewAsSet.ts'
import type { ContainerPreview, PolicyPreview, Preview } from './previewPolicies.ts'
import type { RankingPreview } from './previewRanking.ts'
import type { PolicyReplay } from './replayReports.ts'

export interface NodePreview extends RankingPreview {
  before: NodeRanking
}

export interface TestResult {
  preview: Preview
  protectedMemory: ProtectedMemory
  nodes: readonly NodePreview[]
  replays: readonly PolicyReplay[]
  /** What could not be had, as sentences. */
  notes: readonly string[]
  findings: readonly string[]
}

export const countOf = (containers: readonly ContainerPreview[], outcome: ContainerPreview['outcome']): number =>
  containers.filter((one) => one.outcome === outcome).length

/** What somebody should look at before the policies are applied. */
export function findingsOf({ policies, displaced }: Preview): string[] {
  return [
    ...policies.flatMap(({ policy: { name }, containers }) => {
      if (containers.length === 0) return [`Policy ${name} selects nothing.`]
      const refused = countOf(containers, 'refused')
      const reasons = new Set(containers.flatMap(({ why }) => why?.reason ?? []))
      const findings =
        refused === 0
          ? []
          : [
              `Policy ${name}: guard rails refuse ${refused} of ${formatCount(containers.length, 'container')} (${[...reasons].join(', ')}).`,
            ]
      if (refused < containers.length && countOf(containers, 'sets') === 0)
        findings.push(`Policy ${name} decides nowhere: others of a higher priority do.`)
      return findings
    }),
    ...displaced.map(
      ({ policy, containers }) =>
        `Policy ${policy} of the cluster would lose ${formatCount(containers, 'container')}: what is tried takes its room.`,
    ),
  ]
}

/** For programs; fields may be added. */
export function describeTest({ preview, protectedMemory, nodes, replays, notes, findings }: TestResult): object {
  return {
    version: 1,
    findings,
    policies: preview.policies.map(describePolicy),
    displaced: preview.displaced,
    protectedMemory,
    rankings: nodes.map(({ before, ranking, changed, undecided }) => ({
      node: before.node,
      scannedAt: before.scannedAt,
      changedProcesses: changed,
      undecidedPids: undecided,
      before: before.candidates,
      after: ranking.candidates,
    })),
    pastKills: replays,
    notes,
  }
}

function describePolicy({ policy: { name, spec }, containers }: PolicyPreview): object {
  return {
    name,
    mode: spec.mode,
    matched: { pods: podsOf(containers), containers: containers.length },
    sets: countOf(containers, 'sets'),
    outranked: countOf(containers, 'outranked'),
    refused: countOf(containers, 'refused'),
    containers,
  }
}

export function podsOf(containers: readonly ContainerPreview[]): number {
  return new Set(containers.map(({ namespace, pod }) => `${namespace}/${pod}`)).size
}
