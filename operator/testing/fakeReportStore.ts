import { keyText, type Refusal, type ReportKey, type ReportStore, type StoredReport } from '../runtime/reportStore.ts'

/** Reports in memory, with resource versions and merge patches as the apiserver has them. */
export class FakeReportStore implements ReportStore {
  readonly reports = new Map<string, StoredReport>()
  readonly refusals = new Map<string, Refusal>()
  /** Runs before a patch is looked at: another writer, a crash. */
  beforePatch: (key: ReportKey) => void = () => {}
  /** Runs after a patch has taken effect: an answer that is lost. */
  afterPatch: (key: ReportKey) => void = () => {}
  patches = 0
  #version = 0

  get(key: ReportKey): Promise<StoredReport | undefined> {
    return Promise.resolve(copyOf(this.reports.get(keyText(key))))
  }

  create(key: ReportKey, spec: object): ReturnType<ReportStore['create']> {
    const refusal = this.refusals.get(keyText(key))
    if (refusal !== undefined) return Promise.resolve(refusal)
    if (this.reports.has(keyText(key))) return Promise.resolve({ outcome: 'exists' })
    const report = { key, resourceVersion: String(++this.#version), generation: 1, spec, status: undefined }
    this.reports.set(keyText(key), report)
    return Promise.resolve({ outcome: 'created', report: copyOf(report) })
  }

  async patchStatus(key: ReportKey, patch: object, resourceVersion: string): ReturnType<ReportStore['patchStatus']> {
    this.beforePatch(key)
    const report = this.reports.get(keyText(key))
    if (report === undefined) return { outcome: 'gone' }
    if (report.resourceVersion !== resourceVersion) return { outcome: 'conflict' }
    this.patches++
    const status = applyMergePatch(report.status, JSON.parse(JSON.stringify(patch)))
    this.reports.set(keyText(key), { ...report, resourceVersion: String(++this.#version), status })
    this.afterPatch(key)
    return { outcome: 'written' }
  }

  async remove(key: ReportKey, resourceVersion: string): Promise<boolean> {
    return this.reports.get(keyText(key))?.resourceVersion === resourceVersion && this.reports.delete(keyText(key))
  }

  async *list(kind: ReportKey['kind']): AsyncIterable<StoredReport> {
    for (const report of this.reports.values()) if (report.key.kind === kind) yield copyOf(report)
  }

  /** A write of somebody else. */
  touch(key: ReportKey): void {
    const report = this.reports.get(keyText(key))
    if (report !== undefined) this.reports.set(keyText(key), { ...report, resourceVersion: String(++this.#version) })
  }

  statusOf(name: string): Record<string, unknown> {
    const found = [...this.reports.values()].find(({ key }) => key.name === name)
    return (found?.status ?? {}) as Record<string, unknown>
  }
}

/** As JSON carries it. */
function copyOf<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T)
}

/** RFC 7386. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = applyMergePatch(result[key], value)
  }
  return result
}
