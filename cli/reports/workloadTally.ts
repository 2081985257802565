import type { Report, ReportStatus } from './report.ts'
import { daysUntil, hoursUntil, sumOf } from './trend.ts'

const HOUR_MS = 3_600_000
const DAY_HOURS = 24

/** In hours. */
export const WINDOWS = { '24h': DAY_HOURS, '7d': 7 * DAY_HOURS } as const
export type WindowName = keyof typeof WINDOWS

export interface WorkloadKills {
  /** undefined for a node. */
  namespace: string | undefined
  workload: string
  windowKills: number
  /** There may have been more: a report has its last kills only, and no trend that reaches so far. */
  isLeast: boolean
  /** Of the last day, the newest last; undefined where the reports have no trend. */
  perHour: readonly number[] | undefined
  /** Of the last week, by UTC, the newest last; undefined where the reports do not have it. */
  perDay: readonly number[] | undefined
  kills: number
  /** undefined for a node: Kubernetes shows no kills outside of pods. */
  hiddenKills: number | undefined
  firstSeen: string | undefined
  lastSeen: string | undefined
  lastVictim: string | undefined
  containers: readonly string[]
}

/** Puts the reports of a workload's containers together, and ranks workloads by their kills in a window of time. */
export class WorkloadTally {
  readonly #windowMs: number
  readonly #nowMs: number
  readonly #byWorkload = new Map<string, WorkloadKills>()

  constructor(window: WindowName, nowMs: number) {
    this.#windowMs = WINDOWS[window] * HOUR_MS
    this.#nowMs = nowMs
  }

  add({ namespace, workload, container, status }: Report): void {
    if (status === undefined) return
    const key = `${namespace ?? ''}/${workload}`
    const { count, isLeast } = this.#count(status)
    const before = this.#byWorkload.get(key)
    const isNewest = before === undefined || (status.lastSeen ?? '') >= (before.lastSeen ?? '')
    this.#byWorkload.set(key, {
      namespace,
      workload,
      windowKills: (before?.windowKills ?? 0) + count,
      isLeast: (before?.isLeast ?? false) || isLeast,
      perHour: addCounts(before?.perHour, status.trend && hoursUntil(status.trend, this.#nowMs)),
      perDay: addCounts(before?.perDay, status.trend && daysUntil(status.trend, this.#nowMs)),
      kills: (before?.kills ?? 0) + (status.kills ?? 0),
      hiddenKills: addKnown(before?.hiddenKills, status.hiddenKills),
      firstSeen: earliest(before?.firstSeen, status.firstSeen),
      lastSeen: isNewest ? status.lastSeen : before.lastSeen,
      lastVictim: isNewest ? status.last.victim : before.lastVictim,
      containers: [...(before?.containers ?? []), ...(container === undefined ? [] : [container])],
    })
  }

  /** Those with kills in the window, the worst first. */
  worst(most: number): WorkloadKills[] {
    return [...this.#byWorkload.values()]
      .filter(({ windowKills }) => windowKills > 0)
      .toSorted((a, b) => b.windowKills - a.windowKills || b.kills - a.kills || a.workload.localeCompare(b.workload))
      .slice(0, most)
  }

  /** Exact where all kills were in the window or one that is listed was before it; else by the hours, or days, of the trend. */
  #count({ kills = 0, firstSeen, lastKills, trend }: ReportStatus): { count: number; isLeast: boolean } {
    const fromMs = this.#nowMs - this.#windowMs
    if (firstSeen !== undefined && Date.parse(firstSeen) >= fromMs) return { count: kills, isLeast: false }
    const within = lastKills.filter(({ time }) => time !== undefined && Date.parse(time) >= fromMs).length
    if (within < lastKills.length || kills <= lastKills.length) return { count: within, isLeast: false }
    const hours = trend && hoursUntil(trend, this.#nowMs)
    const whole = this.#windowMs > DAY_HOURS * HOUR_MS ? trend && daysUntil(trend, this.#nowMs) : hours
    return { count: Math.max(within, sumOf(whole ?? hours ?? [])), isLeast: whole === undefined }
  }
}

function addCounts(a: readonly number[] | undefined, b: readonly number[] | undefined): readonly number[] | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.map((kills, at) => kills + (b[at] ?? 0))
}

function addKnown(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0)
}

function earliest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}
