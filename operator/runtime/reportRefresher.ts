import type { NodeOomReportStatus } from '../api/nodeOomReport.ts'
import type { OomReportStatus } from '../api/oomReport.ts'
import { refreshDueMs, refreshNodeStatus, refreshStatus } from '../reports/refresh.ts'
import { parseStored, parseStoredNode } from '../reports/storedForm.ts'
import { keepTrying, type Waiting } from './keepTrying.ts'
import { keyText, type ReportKey, type ReportStore } from './reportStore.ts'
import type { WriteBudget } from './writeBudget.ts'
import { updateReport, type UpdateResult } from './updateReport.ts'

type Status = OomReportStatus | NodeOomReportStatus

export interface RefresherPorts {
  store: ReportStore
  waiting: Waiting
  budget: WriteBudget
  now: () => Date
  wrote: (kind: ReportKey['kind'], outcome: UpdateResult<unknown>['outcome']) => void
  /** How many reports are recurring; one that is deleted counts until it would have been refreshed. */
  recurring: (reports: number) => void
}

/** How late a condition may be that changes by time alone. */
const POLL_MS = 5_000

/**
 * Brings reports up to date whose conditions or trend change though no kill comes. Nothing is kept that the stored
 * status does not say, and nothing is written that the clock has not changed.
 */
export class ReportRefresher {
  readonly #ports: RefresherPorts
  readonly #due = new Map<string, { key: ReportKey; dueMs: number }>()
  readonly #recurring = new Set<string>()

  constructor(ports: RefresherPorts) {
    this.#ports = ports
  }

  /** Remembers when this status will have to be refreshed. */
  note(key: ReportKey, status: Status): void {
    const dueMs = refreshDueMs(status)
    this.#noteRecurring(key, isTrue(status, 'Recurring'))
    if (Number.isFinite(dueMs)) this.#due.set(keyText(key), { key, dueMs })
    else this.#due.delete(keyText(key))
  }

  /** As note, for a status as it is stored; one that cannot be read is never refreshed. */
  noteStored(key: ReportKey, status: unknown): void {
    const parsed = parseStatus(key, status)
    if (parsed !== undefined) this.note(key, parsed)
  }

  /** Runs until the signal is aborted. @throws the signal's reason. */
  async run(): Promise<never> {
    const { waiting, budget, now } = this.#ports
    for (;;) {
      await waiting.sleep(POLL_MS)
      const due = [...this.#due.values()].filter(({ dueMs }) => dueMs <= now().getTime())
      for (const { key } of due) {
        await keepTrying('apiserver', waiting, () => budget.run(keyText(key), waiting.signal, () => this.refresh(key)))
      }
    }
  }

  /** Refreshes one report. @throws ProgramError with retry. */
  async refresh(key: ReportKey): Promise<void> {
    const { store, now, wrote } = this.#ports
    const result = await updateReport<Status>(store, {
      key,
      parseStatus: (stored) => parseStatus(key, stored),
      compute: (stored) => stored && refreshed(stored, now()),
    })
    wrote(key.kind, result.outcome)
    if (result.outcome === 'written' || result.outcome === 'unchanged') this.note(key, result.status)
    else this.#forget(key)
  }

  #forget(key: ReportKey): void {
    this.#due.delete(keyText(key))
    this.#noteRecurring(key, false)
  }

  #noteRecurring(key: ReportKey, isRecurring: boolean): void {
    const before = this.#recurring.size
    if (isRecurring) this.#recurring.add(keyText(key))
    else this.#recurring.delete(keyText(key))
    if (this.#recurring.size !== before) this.#ports.recurring(this.#recurring.size)
  }
}

function isTrue({ conditions }: Status, name: string): boolean {
  return conditions.some(({ type, status }) => type === name && status === 'True')
}

function parseStatus(key: ReportKey, status: unknown): Status | undefined {
  return key.kind === 'OOMReport' ? parseStored(status) : parseStoredNode(status)
}

function refreshed(status: Status, now: Date): Status {
  return 'hiddenKills' in status ? refreshStatus(status, now) : refreshNodeStatus(status, now)
}
