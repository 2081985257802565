import type { KillEvent } from '#contract/killEvent.ts'
import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import type { OperatorSettings } from '../../operator/api/operatorSettings.ts'

/** Where what is decided by comes from: a cluster, or files. */
export interface PolicySource {
  /** Pods, namespaces, nodes, RuntimeClasses and policies, each with its kind. @throws ProgramError */
  objects(): AsyncIterable<unknown>
  /** OOMReports and NodeOOMReports; none where they cannot be had. @throws ProgramError */
  reports(): AsyncIterable<unknown>
  /** The operator is reached when it is asked first, and let go of at the end. @throws ProgramError and what `use` throws */
  withOperator<T>(use: (operator: AskedOperator) => Promise<T>): Promise<T>
}

export interface AskedOperator {
  settings(): Promise<SettingsAnswer>
  /** Of nodes where there is one. */
  rankings(nodes: readonly string[]): AsyncIterable<NodeAnswer>
  /** A kill as its node told it; undefined where nobody has it any more, or tells. */
  findKill(kill: KillIdentity): Promise<KillEvent | undefined>
}

export interface KillIdentity {
  node: string
  bootId: string
  sequence: number
}

export type SettingsAnswer = { settings: OperatorSettings } | { problem: string }

export type NodeAnswer = { node: string; ranking: NodeRanking } | { node: string; problem: string }

/** What of a node is asked about. */
export interface RankQuestion {
  node: string
  top: number
  cgroup: string | undefined
  pod: string | undefined
  container: string | undefined
}

export interface RankingOperator extends Pick<AskedOperator, 'settings'> {
  /** @throws ProgramError */
  rankNode(question: RankQuestion): Promise<NodeRanking>
}

export interface SimulationPorts extends Omit<PolicyPorts, 'source'> {
  objects(): AsyncIterable<unknown>
  /** As of a PolicySource. */
  withOperator<T>(use: (operator: RankingOperator) => Promise<T>): Promise<T>
}

export interface PolicyPorts {
  /** `-` is the standard input. @throws ProgramError */
  readText(path: string): Promise<string>
  source: PolicySource
  write(text: string): void
  /** Beside the answer, on the standard error. */
  warn(text: string): void
  /** Of the terminal; undefined where there is none. */
  columns: number | undefined
  hasColor: boolean
}
