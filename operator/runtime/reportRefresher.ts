import { isDeepStrictEqual } from 'node:util'
import type { NodeOomReportStatus } from '../api/nodeOomReport.ts'
import type { OomReportStatus } from '../api/oomReport.ts'
import { refreshDueMs, refreshNodeStatus, refreshStatus } from '../reports/refresh.ts'
import { parseNodeStatus, parseReportStatus, type ParsedStatus } from '../reports/repairStatus.ts'
import type { Waiting } from './keepTrying.ts'
import { OwnPace } from './ownPace.ts'
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
  /** A stored status was of another version or edited: these fields are made anew. Told again when the write is. */
  repaired: (key: ReportKey, fields: readonly string[]) => void
  /** How many reports are recurring; one that is deleted counts until it would have been refreshed. */
  recurring: (reports: number) => void
}

/** How late a condition may be that changes by time alone. */
const POLL_MS = 5_000

/**
 * Brings reports up to date whose conditions or trend change though no kill comes, and those that another version wrote.
 * Nothing is kept that the stored status does not say, and nothing is written that is as it should be.
 */
export class ReportRefresher {
  readonly #ports: RefresherPorts
  readonly #due = new Map<string, { key: ReportKey; dueMs: number }>()
  readonly #recurring = new Set<string>()

  constructor(ports: RefresherPorts) {
    this.#ports = ports
  }

  /** How many of the reports that it was told are recurring. */
  get recurring(): number {
    return this.#recurring.size
  }

  /** Remembers when this status will have to be refreshed. */
  note(key: ReportKey, status: Status): void {
    const dueMs = refreshDueMs(status)
    this.#noteRecurring(key, isTrue(status, 'Recurring'))
    if (Number.isFinite(dueMs)) this.#due.set(keyText(key), { key, dueMs })
    else this.#due.delete(keyText(key))
  }

  /** As note, for one that was found stored: what is not as this version writes it is due at once. */
  noteStored(key: ReportKey, stored: unknown, { status }: ParsedStatus<Status>): void {
    this.note(key, status)
    if (!isDeepStrictEqual(stored, status)) this.#due.set(keyText(key), { key, dueMs: Number.NEGATIVE_INFINITY })
  }

  /** Runs until the signal is aborted. @throws the signal's reason. */
  async run(): Promise<never> {
    const { waiting, budget, now } = this.#ports
    const pace = new OwnPace('apiserver', waiting)
    for (;;) {
      await waiting.sleep(POLL_MS)
      const due = [...this.#due.values()].filter(
        ({ key, dueMs }) => pace.isReady(keyText(key)) && dueMs <= now().getTime(),
      )
      for (const { key } of due) {
        await pace.run(keyText(key), () => budget.run(keyText(key), waiting.signal, () => this.refresh(key), 'upkeep'))
      }
    }
  }

  /** Refreshes one report. @throws ProgramError with retry. */
  async refresh(key: ReportKey): Promise<void> {
    const { store, now, wrote } = this.#ports
    const result = await updateReport<Status>(store, {
      key,
      parseStatus: (stored) => this.#read(key, stored),
      compute: (stored) => stored && refreshed(stored, now()),
    })
    wrote(key.kind, result.outcome)
    if (result.outcome === 'written' || result.outcome === 'unchanged') this.note(key, result.status)
    else this.#forget(key)
  }

  #read(key: ReportKey, stored: unknown): Status | undefined {
    const read = parseStored(key, stored, this.#ports.now())
    if (read !== undefined && read.repaired.length > 0) this.#ports.repaired(key, read.repaired)
    return read?.status
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

function parseStored({ kind }: ReportKey, status: unknown, now: Date): ParsedStatus<Status> | undefined {
  return kind === 'OOMReport' ? parseReportStatus(status, { now }) : parseNodeStatus(status, { now })
}

function refreshed(status: Status, now: Date): Status {
  return 'hiddenKills' in status ? refreshStatus(status, now) : refreshNodeStatus(status, now)
}
