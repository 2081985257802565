import type { RankedTaskRow, RankingFacts, RankScope } from '#contract/rank.ts'

/** A candidate as it is shown; what is unknown or does not apply is absent. */
export interface ShownTask extends RankedTaskRow {
  /** The name of its user on this machine. */
  owner?: string | undefined
  /** Only where it was asked for: it may hold secrets. */
  commandLine?: string | undefined
  namespace?: string | undefined
  podName?: string | undefined
  containerName?: string | undefined
}

export interface ShownRanking extends RankingFacts {
  /** Absent for this machine. */
  node?: string | undefined
  scannedAt: string
  /** Absent for the whole node, and in what an older agent says of anything. */
  scope?: RankScope | undefined
  /** The likeliest victim first. */
  candidates: readonly ShownTask[]
  /** What could not be seen, as sentences. */
  unseen?: readonly string[] | undefined
}
