import type { NatsConnection } from 'nats'
import { nodeName } from '#contract/subjects.ts'
import { printable } from '#program/errors.ts'
import type { KubeClient } from './adapters/kubeClient.ts'
import { KubeReportStore } from './adapters/kubeReportStore.ts'
import { findStoredKill } from './adapters/natsKills.ts'
import { NatsKillStream } from './adapters/natsKillStream.ts'
import { OwnerReader, type OwnerObserver } from './adapters/ownerReader.ts'
import { readPodFacts } from './adapters/podFacts.ts'
import { draftFlood } from './events/draftFlood.ts'
import { ExpiringMap } from './runtime/expiringMap.ts'
import { Explainer } from './runtime/explainer.ts'
import { gatherFigures } from './gatherFigures.ts'
import { keepBounds } from './keepBounds.ts'
import type { FloodTeller } from './keepFloodsOut.ts'
import { parseNodeStatus, parseReportStatus } from './reports/repairStatus.ts'
import type { GetOwner } from './reports/workload.ts'
import { HiddenJudge } from './runtime/hiddenJudge.ts'
import { keepTrying } from './runtime/keepTrying.ts'
import { KillEngine } from './runtime/killEngine.ts'
import { NodeShares, nodeShareBytes } from './runtime/nodeShares.ts'
import type { CachedPod } from './runtime/pod.ts'
import type { PodStore } from './runtime/podStore.ts'
import type { StoredMessage } from './runtime/readKill.ts'
import type { ReaderState } from './runtime/readiness.ts'
import { runSession, type SessionObserver } from './runtime/readerSession.ts'
import { keyText, type ReportKey, type StoredReport } from './runtime/reportStore.ts'
import type { EventTeller } from './runtime/eventTeller.ts'
import type { PastKills } from './runtime/pastKills.ts'
import { ReportRefresher } from './runtime/reportRefresher.ts'
import type { Target } from './runtime/resolveTarget.ts'
import { ReportWriter, type WriterObserver } from './runtime/reportWriter.ts'
import { readWholeLists } from './runtime/wholeLists.ts'
import { WriteBudget } from './runtime/writeBudget.ts'
import { WritePatience } from './runtime/writePatience.ts'
import type { Surroundings } from './surroundings.ts'
import { createKillTelling, noTelling } from './tellKills.ts'

/** A report that is written at rest is written at once; under a storm, once in this time. */
const REPORT_EVERY_MS = 1_000
/** What kills that are read and not written yet may take, some 13,000 of the usual size. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024
/** That a report takes nothing is said again after this long. */
const REFUSAL_SAID_MS = 600_000
const MAX_REFUSALS_REMEMBERED = 1_000
/** That a node floods is said again after this long. */
const FLOOD_SAID_MS = 600_000
const MAX_FLOODS_REMEMBERED = 1_000

/** For the crash test only: the process stops for ever between a status write and the checkpoint behind it. */
async function failpoint(): Promise<void> {
  if (process.env['OOMKEEPER_FAILPOINT'] !== 'after-status-write') return
  process.stdout.write('failpoint after-status-write reached\n')
  await new Promise<never>(() => {})
}

/** The killer may run and take nobody. */
function isKill({ victimPid, source }: Target['record']): boolean {
  return victimPid !== undefined || source === 'memoryEvents'
}

/** Who hears of kills that were counted. */
export interface KillHearing {
  /** undefined where no Events are told. */
  teller: EventTeller | undefined
  onCounted: (kills: readonly Target[]) => void
  /** The kills of a report, as it is read before any is counted. */
  onStored: (kills: readonly Target['record'][]) => void
  pastKills: PastKills
  /** Of messages beyond their node's share. */
  onFlood: FloodTeller
}

/** Reads kills for ever and counts them. @throws the signal's reason. */
export async function countKills(
  surroundings: Surroundings,
  client: KubeClient,
  nats: NatsConnection,
  pods: PodStore,
  podsSynced: Promise<void>,
  reader: ReaderState,
  { teller, onCounted, onStored, pastKills, onFlood }: KillHearing,
): Promise<never> {
  const { config, logger, signal, metrics, troubles, waiting, finishing, now, elector } = surroundings
  const jsm = await nats.jetstreamManager({ checkAPI: false })
  const stream = new NatsKillStream(nats.jetstream(), jsm, {
    maxBytes: config.streamMaxBytes,
    replicas: config.streamReplicas,
    onBadCheckpoint: (problem) =>
      logger.warn(
        { problem },
        'expected a checkpoint in OOM_STATE, got something else; reading OOM_KILLS from its start',
      ),
    assertMayWrite: () => elector?.assertHeld(),
  })
  const store = new KubeReportStore(client)
  const ownerObserver: OwnerObserver = {
    refused: (apiVersion, kind) =>
      logger.warn(
        { apiVersion, kind },
        `expected the right to get ${kind} (${apiVersion}), got a refusal: kills below such an owner are counted for it, whatever controls it (docs/operating.md)`,
      ),
  }
  const owners = new OwnerReader(client, ownerObserver, () => performance.now())
  const getOwner: GetOwner = (namespace, reference) => owners.getOwner(namespace, reference)
  const telling = teller === undefined ? noTelling(signal) : createKillTelling(surroundings, teller, pods, getOwner)
  const budget = new WriteBudget(
    { perSecond: config.writesPerSecond, maxInFlight: config.writesInFlight, reportEveryMs: REPORT_EVERY_MS },
    finishing,
  )
  const repaired = (key: ReportKey, fields: readonly string[]): void =>
    logger.warn(
      { report: keyText(key), fields },
      'expected a status of this version, got another or an edited one: what could not be read was made anew, the count of kills stays',
    )
  const findPod = (uid: string, node: string): CachedPod | undefined => pods.find(uid, node)
  const judge = new HiddenJudge({
    store,
    repaired,
    readFacts: (pod, containerId) => readPodFacts(client, pods, pod, containerId),
    knownFacts: (podUid, containerId) => pods.factsOf(podUid, containerId),
    waiting,
    budget,
    now,
    judged: (judgement) => {
      for (const hidden of ['Yes', 'No', 'Unknown'] as const)
        metrics.hiddenJudged.inc({ hidden }, judgement.counts[hidden])
      telling.judged(judgement)
    },
  })
  const wrote: WriterObserver['wrote'] = (kind, outcome) => metrics.reportWrites.inc({ kind, outcome })
  const recurring = (reports: number): void => metrics.reportsRecurring.set(reports)
  const refresher = new ReportRefresher({ store, waiting, budget, now, wrote, repaired, recurring })
  const writer = new ReportWriter(
    store,
    {
      wrote,
      repaired,
      written: (key, status) => {
        judge.note(key, status)
        refresher.note(key, status)
      },
      nodeWritten: (key, status) => refresher.note(key, status),
    },
    now,
  )
  const explainer = new Explainer(waiting.monotonicMs)
  const refusalsSaid = new ExpiringMap<string, true>({
    maxEntries: MAX_REFUSALS_REMEMBERED,
    nowMs: () => performance.now(),
  })
  const shares = new NodeShares(nodeShareBytes(config.streamMaxBytes))
  const floodsSaid = new ExpiringMap<string, true>({ maxEntries: MAX_FLOODS_REMEMBERED, nowMs: waiting.monotonicMs })
  const isBeyondShare = (message: StoredMessage): boolean => {
    const token = shares.takeBeyond(message)
    if (token === undefined) return false
    metrics.killsBeyondShare.inc()
    if (message.storedAtMs !== undefined) onFlood(nodeName(token), message.storedAtMs)
    if (floodsSaid.get(token) === undefined) {
      floodsSaid.set(token, true, FLOOD_SAID_MS)
      const node = nodeName(token)
      logger.warn({ node }, 'a node sends more kills than its share of the stream: those beyond it are not counted')
      teller?.note([draftFlood(node, now().getTime())])
    }
    return true
  }
  const engine = new KillEngine({
    isBeyondShare,
    now,
    waiting: finishing,
    writer,
    budget,
    patience: new WritePatience(config.webhookPatienceSeconds * 1_000, waiting.monotonicMs),
    maxWaitingBytes: MAX_WAITING_BYTES,
    readMessage: (sequence) => stream.readMessage(sequence),
    findPod,
    namespaceOf: (uid) => pods.namespaceOf(uid),
    getOwner,
    explain: (event, isVisible) => explainer.explain(event, isVisible),
    publishReject: (message, reason) => stream.publishReject(message, reason),
    saveCheckpoint: (checkpoint, revision) => stream.saveCheckpoint(checkpoint, revision),
    afterWrites: failpoint,
    observer: {
      counted: (kills) => {
        for (const { record } of kills) if (isKill(record)) metrics.killsCounted.inc({ scope: record.scope })
        telling.counted(kills)
        onCounted(kills)
        pastKills.noteCounted(kills)
      },
      refused: (key, kills, reason) => {
        metrics.killsRefused.inc(kills)
        const report = keyText(key)
        if (refusalsSaid.get(report) !== undefined) return
        refusalsSaid.set(report, true, REFUSAL_SAID_MS)
        logger.warn({ report, kills }, `a report takes no kills, its node's counts them: ${printable(reason)}`)
      },
      rejected: ({ sequence, subject }, reason) => {
        metrics.eventsRejected.inc()
        const fields = { streamSequence: sequence, subject: printable(subject) }
        logger.warn(fields, `kill event set aside in OOM_REJECTS: ${printable(reason)}`)
      },
    },
  })
  async function* listReports(): AsyncIterable<StoredReport> {
    for await (const report of store.list('OOMReport')) {
      const read = parseReportStatus(report.status, { now: now() })
      // One that cannot be read waits for nothing.
      if (report.key.kind === 'OOMReport' && read !== undefined) {
        judge.note(report.key, read.status)
        refresher.noteStored(report.key, report.status, read)
        pastKills.noteStored(report.key.namespace, report.spec, read.status.lastKills)
        onStored(read.status.lastKills)
      }
      yield report
    }
    for await (const report of store.list('NodeOOMReport')) {
      const read = parseNodeStatus(report.status, { now: now() })
      if (read !== undefined) {
        refresher.noteStored(report.key, report.status, read)
        pastKills.noteNodeStored(read.status.lastKills)
        onStored(read.status.lastKills)
      }
      yield report
    }
    pastKills.complete()
    // Nothing waits for them.
    void readWholeLists(pastKills, (subject) => findStoredKill(jsm, subject), { findPod }).catch(() => undefined)
    recurring(refresher.recurring)
  }
  const observer: SessionObserver = {
    step: (step) => {
      reader.step = step
    },
    opened: (firstSequence) => {
      reader.step = 'bound'
      metrics.reads(true)
      troubles.fine('reader')
      logger.info({ firstSequence }, 'reading kills')
    },
    missing: (sequences) => {
      metrics.sequencesMissing.inc(sequences)
      logger.warn({ sequences }, 'messages were gone from OOM_KILLS before they were read (aged or purged)')
    },
    closed: () => {
      reader.step = 'stream'
      metrics.reads(false)
    },
    carriedOver: (from, sequence) => {
      const { stream: checkpointOf, sequence: checkpoint, storedUntilMs } = from
      const storedUntil = storedUntilMs === undefined ? undefined : new Date(storedUntilMs).toISOString()
      logger.warn(
        { checkpointOf, checkpoint, storedUntil, countedUpTo: sequence },
        storedUntil === undefined
          ? 'OOM_KILLS is another stream than the checkpoint is of (restored, or made anew): reading it from its start'
          : 'OOM_KILLS is another stream than the checkpoint is of (restored, or made anew): what was stored until then is counted, what is later is read',
      )
    },
    progressed: (checkpoint, last) => {
      reader.lagMessages = Math.max(0, last - checkpoint)
      metrics.progressed(checkpoint, last)
    },
  }
  const readKills = async (): Promise<never> => {
    reader.step = 'pods'
    // Without all pods, a kill in one that is not read yet would be called unknown.
    await podsSynced
    const session = keepTrying('reader', waiting, () => runSession({ stream, engine, listReports, observer }, signal))
    const bounds = keepBounds(surroundings, store, stream, budget, shares)
    // At the end it is the reader that says when it has done its part.
    return Promise.race([session, bounds.catch((error: unknown) => (signal.aborted ? session : Promise.reject(error)))])
  }
  const reading = readKills()
  const figures = gatherFigures(surroundings, client, jsm, pods)
  try {
    return await Promise.race([judge.run(), refresher.run(), reading, telling.run(), figures])
  } finally {
    if (signal.aborted) await Promise.allSettled([reading])
  }
}
