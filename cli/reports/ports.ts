import type { NodeSimulation } from '../../operator/api/nodeSimulation.ts'
import type { StoredKill } from '../../operator/http/answers.ts'
import type { Watching } from '../adapters/watching.ts'
import type { ReportKind, ReportPlace } from './reference.ts'
import type { ReportedKill } from './report.ts'

/** The world of the commands that read reports. */
export interface ReportPorts {
  reports: {
    /** The namespace of the kubeconfig's context. */
    currentNamespace(): Promise<string>
    list(kind: ReportKind, namespace: string | undefined): AsyncIterable<unknown>
    /** @throws ProgramError ObjectMissing */
    get(place: ReportPlace): Promise<unknown>
  }
  operator: {
    /** @throws ProgramError */
    simulateNode(question: {
      node: string
      until: number | undefined
      pod: string | undefined
      container: string | undefined
      cgroup: string | undefined
    }): Promise<NodeSimulation>
    /** The kill as its node told it; undefined where the stream has it no more. @throws ProgramError */
    findKill(kill: ReportedKill): Promise<StoredKill | undefined>
    /** Lines of JSON, empty ones among them, until the operator ends it. @throws ProgramError, with `retry` where waiting can help */
    followKills(
      filter: { node: string | undefined; namespace: string | undefined; after: number | undefined },
      signal: AbortSignal,
    ): AsyncIterable<string>
  }
  untilInterrupted(use: (watching: Watching) => Promise<void>): Promise<void>
  write(text: string): void
  /** Beside the answer, on the standard error. */
  warn(text: string): void
  /** Of the terminal; undefined where there is none. */
  columns: number | undefined
  hasColor: boolean
  nowMs(): number
}
