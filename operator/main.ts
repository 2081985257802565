import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { startHealthServer } from '#program/adapters/healthServer.ts'
import { connectNats } from '#program/adapters/natsConnection.ts'
import { runProgram } from '#program/run.ts'
import { printable } from '#program/errors.ts'
import { VERSION } from '#program/version.ts'
import { startApiServer, type ApiSource } from './adapters/apiServer.ts'
import { KubeClient, loadKubeConfig } from './adapters/kubeClient.ts'
import { KubeReportStore } from './adapters/kubeReportStore.ts'
import { requestRank } from './adapters/natsRank.ts'
import { NatsKillStream } from './adapters/natsKillStream.ts'
import { OperatorMetrics } from './adapters/operatorMetrics.ts'
import { OwnerReader } from './adapters/ownerReader.ts'
import { readPodFacts } from './adapters/podFacts.ts'
import { PodWatch } from './adapters/podWatch.ts'
import { TroubleLog } from './adapters/troubleLog.ts'
import { operatorFlags, type OperatorConfig } from './config.ts'
import { resolveRanking } from './rank/nodeRanking.ts'
import { HiddenJudge } from './runtime/hiddenJudge.ts'
import { keepTrying, type Waiting } from './runtime/keepTrying.ts'
import { KillEngine } from './runtime/killEngine.ts'
import { PodStore } from './runtime/podStore.ts'
import { runSession, type SessionObserver } from './runtime/readerSession.ts'
import { ReportWriter } from './runtime/reportWriter.ts'
import type { StoredReport } from './runtime/reportStore.ts'

const DELETED_POD_TTL_MS = 3_600_000
const MAX_DELETED_PODS = 20_000
const NATS_CLOSE_LIMIT_MS = 300

/** For the crash test only: the process stops for ever between a status write and the checkpoint behind it. */
async function failpoint(): Promise<void> {
  if (process.env['OOMKEEPER_FAILPOINT'] !== 'after-status-write') return
  process.stdout.write('failpoint after-status-write reached\n')
  await new Promise<never>(() => {})
}

/** What every part of the operator needs of the process around it. */
interface Surroundings {
  config: OperatorConfig
  logger: Logger
  signal: AbortSignal
  metrics: OperatorMetrics
  troubles: TroubleLog
  waiting: Waiting
  now: () => Date
}

async function main(config: OperatorConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  const client = new KubeClient(loadKubeConfig({ kubeconfig: config.kubeconfig, context: config.context }))
  const pods = new PodStore({ maxDeleted: MAX_DELETED_PODS, deletedTtlMs: DELETED_POD_TTL_MS, now: Date.now })
  const metrics = new OperatorMetrics(() => pods.size)
  const troubles = new TroubleLog(logger, (part) => metrics.troubles.inc({ part }))
  const waiting: Waiting = {
    observer: troubles,
    sleep: (ms) => sleep(ms, undefined, { signal }),
    random: Math.random,
    monotonicMs: () => performance.now(),
    signal,
  }
  const surroundings = { config, logger, signal, metrics, troubles, waiting, now: () => new Date() }
  let isReading = false
  await startHealthServer(config.listen, {
    notReady: () => [...(isReading ? [] : ['starting: no reader of kills yet']), ...troubles.reasons()],
    metrics: metrics.registry,
  })
  let nats: NatsConnection | undefined
  await startApiServer(config.apiListen, { rankNode: (node, top) => rankNode(nats, pods, node, top) })
  const podWatch = new PodWatch(client, pods, troubles)
  await Promise.race([
    podWatch.run(signal),
    countKills(surroundings, client, pods, podWatch.synced(), {
      connected: (connection) => {
        nats = connection
      },
      reading: () => {
        isReading = true
      },
    }),
  ])
}

/** Asks a node who is in line, and names the pods. */
async function rankNode(
  nats: NatsConnection | undefined,
  pods: PodStore,
  node: string,
  top: number,
): ReturnType<ApiSource['rankNode']> {
  if (nats === undefined) {
    return { ok: false, status: 503, reason: 'expected a connection to NATS, got none yet; try again in a moment' }
  }
  const outcome = await requestRank(nats, node, top)
  if (!outcome.ok) return { ok: false, status: 504, reason: outcome.reason }
  return { ok: true, ranking: resolveRanking(outcome.answer, (uid, on) => pods.find(uid, on)) }
}

interface KillReaderEvents {
  connected(connection: NatsConnection): void
  reading(): void
}

/** Reads kills for ever and counts them. @throws the signal's reason. */
async function countKills(
  { config, logger, signal, metrics, troubles, waiting, now }: Surroundings,
  client: KubeClient,
  pods: PodStore,
  podsSynced: Promise<void>,
  events: KillReaderEvents,
): Promise<void> {
  const nats = await connectNats(
    {
      url: config.natsUrl,
      user: config.natsUser,
      passwordFile: config.natsPasswordFile,
      inboxPrefix: '_INBOX.operator',
      clientName: 'oomkeeper-operator',
    },
    logger,
    signal,
  )
  events.connected(nats)
  const stream = new NatsKillStream(nats.jetstream(), await nats.jetstreamManager({ checkAPI: false }), {
    maxBytes: config.streamMaxBytes,
    onBadCheckpoint: (problem) =>
      logger.warn(
        { problem },
        'expected a checkpoint in OOM_STATE, got something else; reading OOM_KILLS from its start',
      ),
  })
  const store = new KubeReportStore(client)
  const owners = new OwnerReader(client)
  const judge = new HiddenJudge({
    store,
    readFacts: (pod, containerId) => readPodFacts(client, pods, pod, containerId),
    waiting,
    now,
    judged: (kills) => metrics.hiddenJudged.inc(kills),
  })
  const writer = new ReportWriter(
    store,
    {
      wrote: (kind, outcome) => metrics.reportWrites.inc({ kind, outcome }),
      written: (key, status) => judge.note(key, status),
    },
    now,
  )
  const engine = new KillEngine({
    now,
    waiting,
    writer,
    findPod: (uid, node) => pods.find(uid, node),
    namespaceOf: (uid) => pods.namespaceOf(uid),
    getOwner: (namespace, reference) => owners.getOwner(namespace, reference),
    publishReject: (message, reason) => stream.publishReject(message, reason),
    saveCheckpoint: (identity, sequence) => stream.saveCheckpoint(identity, sequence),
    afterWrites: failpoint,
    observer: {
      counted: (kills) => metrics.killsCounted.inc(kills),
      rejected: ({ sequence, subject }, reason) => {
        metrics.eventsRejected.inc()
        const fields = { streamSequence: sequence, subject: printable(subject) }
        logger.warn(fields, `kill event set aside in OOM_REJECTS: ${printable(reason)}`)
      },
    },
  })
  async function* listReports(): AsyncIterable<StoredReport> {
    for await (const report of store.list('OOMReport')) {
      if (report.key.kind === 'OOMReport') judge.noteStored(report.key, report.status)
      yield report
    }
    yield* store.list('NodeOOMReport')
  }
  const observer: SessionObserver = {
    opened: (firstSequence) => {
      events.reading()
      troubles.fine('reader')
      logger.info({ firstSequence }, 'reading kills')
    },
    missing: (sequences) => {
      metrics.sequencesMissing.inc(sequences)
      logger.warn({ sequences }, 'messages were gone from OOM_KILLS before they were read (aged or purged)')
    },
    progressed: (checkpoint, last) => metrics.progressed(checkpoint, last),
  }
  const readKills = async (): Promise<never> => {
    // Without all pods, a kill in one that is not read yet would be called unknown.
    await podsSynced
    return keepTrying('reader', waiting, () => runSession({ stream, engine, listReports, observer }, signal))
  }
  try {
    await Promise.race([judge.run(), readKills()])
  } finally {
    await Promise.race([nats.close(), sleep(NATS_CLOSE_LIMIT_MS)])
  }
}

await runProgram({ name: 'oomkeeper-operator', version: VERSION, flags: operatorFlags, main })
