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
import { ObjectWatch } from './adapters/objectWatch.ts'
import { NatsPolicies } from './adapters/natsPolicies.ts'
import { watchedNamespaces, watchedPods, watchedPolicies } from './adapters/watched.ts'
import { writePolicyStatus } from './adapters/policyStatusWriter.ts'
import { PolicyEngine } from './runtime/policyEngine.ts'
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
  let connection: NatsConnection | undefined
  await startApiServer(config.apiListen, { rankNode: (node, top) => rankNode(connection, pods, node, top) })
  const engine = new PolicyEngine(() => pods.live(), {
    now: surroundings.now,
    writeStatus: (name, compute) => writePolicyStatus(client, name, compute),
    settled: () => troubles.fine('policies'),
  })
  const podWatch = new ObjectWatch(
    client,
    watchedPods(pods, () => engine.wake()),
    troubles,
  )
  const watches = [watchedNamespaces(engine), watchedPolicies(engine)].map(
    (watched) => new ObjectWatch(client, watched, troubles),
  )
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
  connection = nats
  const applyPolicies = async (): Promise<never> => {
    // A policy or a pod that is not read yet must not look as if it were gone: its scores would be given back.
    await Promise.all([podWatch, ...watches].map((watch) => watch.synced()))
    const link = new NatsPolicies(nats.jetstream())
    return Promise.race([
      keepTrying('policies', waiting, () => engine.run(link, signal)),
      keepTrying('statuses', waiting, () =>
        link.followStatuses(
          {
            following: () => troubles.fine('statuses'),
            said: (node, containers) => engine.noteStatus(node, containers),
          },
          signal,
        ),
      ),
    ])
  }
  try {
    await Promise.race([
      podWatch.run(signal),
      ...watches.map((watch) => watch.run(signal)),
      applyPolicies(),
      countKills(surroundings, client, nats, pods, podWatch.synced(), () => {
        isReading = true
      }),
    ])
  } finally {
    await Promise.race([nats.close(), sleep(NATS_CLOSE_LIMIT_MS)])
  }
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

/** Reads kills for ever and counts them. @throws the signal's reason. */
async function countKills(
  { config, logger, signal, metrics, troubles, waiting, now }: Surroundings,
  client: KubeClient,
  nats: NatsConnection,
  pods: PodStore,
  podsSynced: Promise<void>,
  onReading: () => void,
): Promise<void> {
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
      onReading()
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
  await Promise.race([judge.run(), readKills()])
}

await runProgram({ name: 'oomkeeper-operator', version: VERSION, flags: operatorFlags, main })
