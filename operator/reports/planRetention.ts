import type { Watermark } from '../api/killRecord.ts'

export interface RetentionLimits {
  maxAgeMs: number
  /** Of OOMReports in one namespace. */
  maxPerNamespace: number
  /** Of OOMReports in all, and of NodeOOMReports in all. */
  maxTotal: number
}

export interface RetainedReport {
  kind: 'OOMReport' | 'NodeOOMReport'
  /** Empty for a NodeOOMReport. */
  namespace: string
  name: string
  /** When it was told of its last kill (toldAt), ISO; undefined for a report without a status yet. */
  lastTold: string | undefined
  watermark: Watermark | undefined
}

export const RETENTION_REASONS = ['age', 'namespaceCount', 'totalCount'] as const
export type RetentionReason = (typeof RETENTION_REASONS)[number]

/**
 * Which reports are given up: those whose last kill was told too long ago, and where there are too many, those whose last kill
 * was told the longest ago. One that counts kills above the checkpoint stays: they would be counted once more.
 */
export function planRetention<R extends RetainedReport>(
  reports: readonly R[],
  limits: RetentionLimits,
  at: { now: Date; checkpoint: { stream: string; sequence: number } | undefined },
): { report: R; reason: RetentionReason }[] {
  const isSettled = ({ watermark }: RetainedReport): boolean =>
    watermark !== undefined &&
    at.checkpoint !== undefined &&
    (watermark.stream !== at.checkpoint.stream || watermark.sequence <= at.checkpoint.sequence)
  const oldestMs = at.now.getTime() - limits.maxAgeMs
  const given: { report: R; reason: RetentionReason }[] = []
  let left = reports.toSorted((a, b) => ((a.lastTold ?? '~') < (b.lastTold ?? '~') ? -1 : 1))
  const giveUp = (candidates: readonly R[], excess: number, reason: RetentionReason): void => {
    const chosen = new Set(candidates.filter(isSettled).slice(0, Math.max(0, excess)))
    for (const report of chosen) given.push({ report, reason })
    left = left.filter((report) => !chosen.has(report))
  }
  const old = left.filter(({ lastTold }) => lastTold !== undefined && Date.parse(lastTold) < oldestMs)
  giveUp(old, old.length, 'age')
  for (const group of Map.groupBy(left, ({ namespace }) => namespace).values()) {
    if (group[0]?.kind === 'OOMReport') giveUp(group, group.length - limits.maxPerNamespace, 'namespaceCount')
  }
  for (const group of Map.groupBy(left, ({ kind }) => kind).values()) {
    giveUp(group, group.length - limits.maxTotal, 'totalCount')
  }
  return given
}
