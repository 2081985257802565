import * as z from 'zod'
import { isProgramError } from '#program/errors.ts'
import { watermark } from '../api/killRecord.ts'
import { toldAt } from '../reports/checks.ts'
import {
  planRetention,
  type RetainedReport,
  type RetentionLimits,
  type RetentionReason,
} from '../reports/planRetention.ts'
import { keepTrying, type Waiting } from './keepTrying.ts'
import type { Checkpoint } from './killStream.ts'
import { keyText, type ReportKey, type ReportStore, type StoredReport } from './reportStore.ts'
import type { WriteBudget } from './writeBudget.ts'

export interface RetentionPorts {
  store: ReportStore
  loadCheckpoint: () => Promise<Checkpoint | undefined>
  waiting: Waiting
  budget: WriteBudget
  now: () => Date
  limits: RetentionLimits
  deleted: (kind: ReportKey['kind'], reason: RetentionReason) => void
}

const LOOK_EVERY_MS = 300_000

interface Listed extends RetainedReport {
  key: ReportKey
  resourceVersion: string
}

/** Deletes the reports that are given up, now and then, for ever. @throws the signal's reason. */
export async function keepRetention(ports: RetentionPorts): Promise<never> {
  for (;;) {
    await retainOnce(ports)
    await ports.waiting.sleep(LOOK_EVERY_MS)
  }
}

/**
 * A report that was written since it was looked at stays: the delete carries its resourceVersion.
 * @throws the signal's reason.
 */
export async function retainOnce(ports: RetentionPorts): Promise<void> {
  const { store, waiting, budget, now, limits, loadCheckpoint, deleted } = ports
  const reports = await keepTrying('apiserver', waiting, () => listReports(store))
  // After the reports: what they count is at or below it, but for what was written meanwhile.
  const checkpoint = await keepTrying('checkpoint', waiting, loadCheckpoint)
  for (const { report, reason } of planRetention(reports, limits, { now: now(), checkpoint })) {
    const { key, resourceVersion } = report
    const isDeleted = await keepTrying('apiserver', waiting, () =>
      budget.run(keyText(key), waiting.signal, () => store.remove(key, resourceVersion).catch(keptByWebhook), 'upkeep'),
    )
    if (isDeleted) deleted(key.kind, reason)
  }
}

/** One that a failing webhook keeps waits for the next look, and the others do not wait for it. */
function keptByWebhook(error: unknown): false {
  if (isProgramError(error) && error.code === 'WebhookFailed') return false
  throw error
}

async function listReports(store: ReportStore): Promise<readonly Listed[]> {
  const reports: Listed[] = []
  for (const kind of ['OOMReport', 'NodeOOMReport'] as const) {
    for await (const report of store.list(kind)) reports.push(listed(report))
  }
  return reports
}

/** As far as it can be read: another version may have written it, or somebody by hand. */
const retained = z.object({
  lastSeen: z.string().optional().catch(undefined),
  lastKills: z.array(z.object({ seenAt: z.string() }).catch({ seenAt: '' })).catch([]),
  watermark: watermark.optional().catch(undefined),
})

/** A report is large: only what decides is kept of it. */
function listed({ key, resourceVersion, status }: StoredReport): Listed {
  const { lastSeen, lastKills, watermark: counted } = retained.parse(status ?? {})
  return {
    key,
    resourceVersion,
    kind: key.kind,
    namespace: key.kind === 'OOMReport' ? key.namespace : '',
    name: key.name,
    lastTold: lastSeen === undefined ? undefined : toldAt({ lastSeen, lastKills }),
    watermark: counted,
  }
}
