import type { NatsKillStream } from './adapters/natsKillStream.ts'
import { keepPurgingFloods } from './runtime/floodPurge.ts'
import type { NodeShares } from './runtime/nodeShares.ts'
import { keepRetention } from './runtime/reportRetention.ts'
import type { ReportStore } from './runtime/reportStore.ts'
import { keepPurging } from './runtime/streamPurge.ts'
import type { WriteBudget } from './runtime/writeBudget.ts'
import type { Surroundings } from './surroundings.ts'

const DAY_MS = 86_400_000

/** Keeps reports and stream within their bounds, for ever. @throws the signal's reason. */
export async function keepBounds(
  { config, logger, metrics, waiting, now }: Surroundings,
  store: ReportStore,
  stream: NatsKillStream,
  budget: WriteBudget,
  shares: NodeShares,
): Promise<never> {
  const retention = keepRetention({
    store,
    loadCheckpoint: async () => (await stream.readCheckpoint()).checkpoint,
    waiting,
    budget,
    now,
    limits: {
      maxAgeMs: config.reportMaxAgeDays * DAY_MS,
      maxPerNamespace: config.reportsPerNamespace,
      maxTotal: config.reportsTotal,
    },
    deleted: (kind, reason) => metrics.reportsDeleted.inc({ kind, reason }),
  })
  const purging = keepPurging({
    stream,
    waiting,
    now,
    purged: (belowSequence) => {
      metrics.streamPurges.inc()
      logger.warn({ belowSequence }, 'OOM_KILLS was nearly full: its oldest kills, all of them counted, are removed')
    },
  })
  return Promise.race([retention, purging, keepPurgingFloods(stream, shares, waiting)])
}
