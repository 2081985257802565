import type { Watermark } from '../api/killRecord.ts'
import type { NodeKillRecord, NodeOomReportStatus } from '../api/nodeOomReport.ts'
import type { ContainerKillRecord, OomReportStatus } from '../api/oomReport.ts'
import type { KillToCount } from '../reports/killRecord.ts'
import { reduceNodeReport } from '../reports/reduceNodeReport.ts'
import { reduceReport } from '../reports/reduceReport.ts'
import { parseNodeStatus, parseReportStatus, type ParsedStatus } from '../reports/repairStatus.ts'
import { updateReport, type UpdateResult } from './updateReport.ts'
import type { ReportKey, ReportStore } from './reportStore.ts'
import type { Target } from './resolveTarget.ts'

/** Kills of one report, ascending by stream sequence. */
export interface WriteGroup {
  stream: string
  /** The checkpoint as it is stored. */
  settled: number
  /** The last sequence that the stream is known to have. Absent: not known. */
  streamEnd?: number
  kills: readonly { streamSequence: number; target: Target }[]
}

export interface WriterObserver {
  /** A stored status was of another version or edited: these fields were made anew. Told again when the write is. */
  repaired(key: ReportKey, fields: readonly string[]): void
  wrote(kind: ReportKey['kind'], outcome: UpdateResult<unknown>['outcome']): void
  /** A container's report was written; kills in it may wait to be judged. */
  written(key: ReportKey & { kind: 'OOMReport' }, status: OomReportStatus): void
  /** A node's report was written. */
  nodeWritten(key: ReportKey & { kind: 'NodeOOMReport' }, status: NodeOomReportStatus): void
}

export class ReportWriter {
  readonly #store: ReportStore
  readonly #observer: WriterObserver
  readonly #now: () => Date

  constructor(store: ReportStore, observer: WriterObserver, now: () => Date) {
    this.#store = store
    this.#observer = observer
    this.#now = now
  }

  /** @throws ProgramError with retry: write the same group again. */
  async write({ kills, ...at }: WriteGroup): Promise<UpdateResult<{ watermark: Watermark }>> {
    const [first] = kills
    if (first === undefined) throw new Error('expected at least one kill to count, got none')
    const result =
      first.target.kind === 'OOMReport'
        ? await this.#writeOomReport(at, first.target, recordsOf(kills, 'OOMReport'))
        : await this.#writeNodeReport(at, first.target, recordsOf(kills, 'NodeOOMReport'))
    this.#observer.wrote(first.target.kind, result.outcome)
    return result
  }

  async #writeOomReport(
    at: Omit<WriteGroup, 'kills'>,
    { key, spec }: Target & { kind: 'OOMReport' },
    kills: readonly KillToCount<ContainerKillRecord>[],
  ): Promise<UpdateResult<OomReportStatus>> {
    const workload = `${spec.workload.kind}/${spec.workload.name}`
    const result = await updateReport<OomReportStatus>(this.#store, {
      key,
      spec,
      parseStatus: (status) => this.#told(key, parseReportStatus(status, { ...at, now: this.#now() })),
      compute: (stored, generation) => reduceReport(stored, kills, { ...at, now: this.#now(), generation, workload }),
    })
    if (result.outcome === 'written' || result.outcome === 'unchanged') this.#observer.written(key, result.status)
    return result
  }

  async #writeNodeReport(
    at: Omit<WriteGroup, 'kills'>,
    { key, spec }: Target & { kind: 'NodeOOMReport' },
    kills: readonly KillToCount<NodeKillRecord>[],
  ): Promise<UpdateResult<NodeOomReportStatus>> {
    const result = await updateReport<NodeOomReportStatus>(this.#store, {
      key,
      spec,
      parseStatus: (status) => this.#told(key, parseNodeStatus(status, { ...at, now: this.#now() })),
      compute: (stored, generation) => reduceNodeReport(stored, kills, { ...at, now: this.#now(), generation }),
    })
    if (result.outcome === 'written' || result.outcome === 'unchanged') this.#observer.nodeWritten(key, result.status)
    return result
  }

  #told<S>(key: ReportKey, parsed: ParsedStatus<S> | undefined): S | undefined {
    if (parsed !== undefined && parsed.repaired.length > 0) this.#observer.repaired(key, parsed.repaired)
    return parsed?.status
  }
}

function recordsOf<K extends Target['kind']>(kills: WriteGroup['kills'], kind: K): KillToCount<RecordOf<K>>[] {
  return kills.flatMap(({ streamSequence, target }) =>
    target.kind === kind ? [{ streamSequence, record: target.record as RecordOf<K> }] : [],
  )
}

type RecordOf<K extends Target['kind']> = (Target & { kind: K })['record']
