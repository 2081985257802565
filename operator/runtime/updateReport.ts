import { isDeepStrictEqual } from 'node:util'
import { operatorError } from '../errors.ts'
import { mergePatch } from '../reports/mergePatch.ts'
import { keyText, type Refusal, type ReportKey, type ReportStore, type StoredReport } from './reportStore.ts'

export type UpdateResult<S> =
  | { outcome: 'written' | 'unchanged'; status: S }
  /** The report is not there, and no spec was given to make it. */
  | { outcome: 'gone' }
  | Refusal

export interface ReportUpdate<S extends object> {
  key: ReportKey
  /** As it was read a moment ago: it is not read again for the first attempt. */
  report?: StoredReport | undefined
  /** Makes the report when it is missing. */
  spec?: object
  /** @returns undefined for a status that cannot be read. */
  parseStatus(status: unknown): S | undefined
  /** The new status from the stored one. Runs again on each conflict, so it must be pure. */
  compute(stored: S | undefined, generation: number): S | undefined
}

const MAX_ATTEMPTS = 20

/**
 * Get, compute, write with the resourceVersion that was read; again after a conflict.
 * @throws ProgramError with retry: run it again from the start, since the write may have happened.
 */
export async function updateReport<S extends object>(
  store: ReportStore,
  update: ReportUpdate<S>,
): Promise<UpdateResult<S>> {
  const { key, spec } = update
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    let report = (attempt === 0 ? update.report : undefined) ?? (await store.get(key))
    if (report === undefined) {
      if (spec === undefined) return { outcome: 'gone' }
      const created = await store.create(key, spec)
      if (created.outcome === 'refused') return created
      if (created.outcome === 'exists') continue
      report = created.report
    }
    if (spec !== undefined && !isDeepStrictEqual(report.spec, spec)) {
      return refuse(
        `${keyText(key)} exists and belongs to another workload: ${JSON.stringify(report.spec).slice(0, 100)}`,
      )
    }
    const stored = report.status === undefined ? undefined : update.parseStatus(report.status)
    if (report.status !== undefined && stored === undefined) {
      return refuse(
        `${keyText(key)}: expected a status with its count of kills and one of the last of them, got neither; delete the report to start anew`,
      )
    }
    const status = update.compute(stored, report.generation)
    if (status === undefined || mergePatch(report.status ?? {}, status) === undefined) {
      return stored === undefined ? { outcome: 'gone' } : { outcome: 'unchanged', status: status ?? stored }
    }
    const written = await store.writeStatus(key, status, report.resourceVersion)
    if (written.outcome === 'refused') return written
    if (written.outcome === 'written') return { outcome: 'written', status }
  }
  throw operatorError('ReportContended', `${keyText(key)}: expected to write its status, got ${MAX_ATTEMPTS} conflicts`)
}

function refuse(message: string): Refusal {
  return { outcome: 'refused', reason: 'WriteRefused', message }
}
