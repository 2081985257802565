import { keyText, type Refusal, type ReportKey, type ReportStore, type StoredReport } from '../runtime/reportStore.ts'

/** Reports in memory, with resource versions as the apiserver has them. */
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

  async writeStatus(key: ReportKey, status: object, resourceVersion: string): ReturnType<ReportStore['writeStatus']> {
    this.beforePatch(key)
    const report = this.reports.get(keyText(key))
    if (report === undefined) return { outcome: 'gone' }
    if (report.resourceVersion !== resourceVersion) return { outcome: 'conflict' }
    this.patches++
    this.reports.set(keyText(key), { ...report, resourceVersion: String(++this.#version), status: copyOf(status) })
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
