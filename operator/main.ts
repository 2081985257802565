import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { startHealthServer } from '#program/adapters/healthServer.ts'
import { connectNats } from '#program/adapters/natsConnection.ts'
import { NatsTrouble } from '#program/natsTrouble.ts'
import { runProgram } from '#program/run.ts'
import { VERSION } from '#program/version.ts'
import { startApiServer } from './adapters/apiServer.ts'
import { KubeClient, loadKubeConfig } from './adapters/kubeClient.ts'
import { OperatorMetrics } from './adapters/operatorMetrics.ts'
import { ObjectWatch } from './adapters/objectWatch.ts'
import { watchedPods } from './adapters/watched.ts'
import { loginOf } from './adapters/loginOf.ts'
import { noteConnection } from './adapters/noteConnection.ts'
import { TroubleLog } from './adapters/troubleLog.ts'
import { createApiSource } from './answerPeople.ts'
import { applyPolicies, createPolicyEngine, policyWatches, railsOf } from './applyPolicies.ts'
import { operatorFlags, type OperatorConfig } from './config.ts'
import { countKills } from './countKills.ts'
import { admissionOf, admitNodes } from './admitNodes.ts'
import { AgentPods } from './identity/agentPods.ts'
import { DRAIN_LIMIT_MS, createElector, lead } from './electLeader.ts'
import { Gate, keepFloodsOut } from './keepFloodsOut.ts'
import type { Waiting } from './runtime/keepTrying.ts'
import { nodeKillsOf, storedNodeKillsOf } from './runtime/nodeKills.ts'
import { PodStore } from './runtime/podStore.ts'
import { reasonsNotReady, type ReaderState } from './runtime/readiness.ts'
import { createEventTeller } from './tellKills.ts'

const DELETED_POD_TTL_MS = 3_600_000
const MAX_DELETED_PODS = 20_000
const NATS_CLOSE_LIMIT_MS = 300

async function main(config: OperatorConfig, logger: Logger, signal: AbortSignal): Promise<void> {
  const login = loginOf(config, logger)
  const admission = admissionOf(config, logger)
  const agentPods = admission && new AgentPods(admission.agent.namespace)
  const gate = new Gate()
  const pods = new PodStore({ maxDeleted: MAX_DELETED_PODS, deletedTtlMs: DELETED_POD_TTL_MS, now: Date.now })
  const metrics = new OperatorMetrics(() => pods.size)
  const troubles = new TroubleLog(logger, (part) => metrics.troubles.inc({ part }))
  const base = { config, logger, metrics, troubles, now: () => new Date(), instance: hostname() }
  const elector = createElector(
    { ...base, waiting: waitingUnder(signal, troubles) },
    `${base.instance}_${randomUUID()}`,
  )
  // What runs under it ends with the lease, too.
  const underLease = (until: AbortSignal): AbortSignal =>
    elector === undefined ? until : AbortSignal.any([until, elector.lost])
  const work = underLease(signal)
  const surroundings = {
    ...base,
    elector,
    signal: work,
    waiting: waitingUnder(work, troubles),
    finishing: waitingUnder(underLease(abortedLater(signal, DRAIN_LIMIT_MS)), troubles),
  }

  const client = new KubeClient(loadKubeConfig(config), { assertMayWrite: () => elector?.assertHeld() })
  const teller = config.kubernetesEvents === 'on' ? createEventTeller(surroundings, client) : undefined
  const rails = railsOf(config, client.namespace)
  const { engine, pastKills } = createPolicyEngine(surroundings, client, rails, pods, teller)
  const podWatch = new ObjectWatch(client, watchedPods(pods, engine, agentPods), surroundings.waiting)
  const watches = [podWatch, ...policyWatches(client, engine, surroundings)]
  let connection: NatsConnection | undefined
  const why = new NatsTrouble()
  const reader: ReaderState = { step: 'notBegun', lagMessages: undefined }
  const notReady = (): string[] => [
    ...reasonsNotReady({
      unsynced: watches.filter(({ isSynced }) => !isSynced).map(({ part }) => part),
      // Later on it stands among the troubles.
      natsTrouble: connection === undefined ? (why.reason ?? 'the connection is being made') : undefined,
      role: elector === undefined ? 'leader' : elector.role,
      reader,
    }),
    ...admissionTrouble(),
    ...troubles.reasons(),
  ]
  const answering = new NatsTrouble()
  const admissionTrouble = (): string[] =>
    agentPods === undefined || answering.reason === undefined ? [] : [`logins: no connection: ${answering.reason}`]
  await startHealthServer(config.listen, { notReady, metrics: metrics.registry })
  const { streamMaxBytes } = config
  const people = { client, pods, nats: () => connection, notReady, rails, streamMaxBytes, signal }
  await startApiServer(config.apiListen, createApiSource(people))
  // Each operator answers, whoever works.
  const admitting =
    admission && agentPods ? [admitNodes({ ...base, signal }, admission, agentPods, gate, answering)] : []
  for (const part of admitting) part.catch(() => {}) // It is waited for below.
  const nats = await connectNats(
    {
      url: config.natsUrl,
      login,
      caFile: config.natsCaFile,
      inboxPrefix: '_INBOX.operator',
      clientName: 'oomkeeper-operator',
    },
    logger,
    signal,
    why,
  )
  connection = nats
  void noteConnection(nats, why, troubles)
  const keepsOut = admission !== undefined && config.floodKeepOutSeconds > 0
  const onFlood = keepsOut ? keepFloodsOut(base, nats, gate) : () => undefined
  const leading = lead(
    { elector, logger, metrics },
    (ms) => sleep(ms),
    () => [
      applyPolicies(surroundings, engine, nats, Promise.all(watches.map((watch) => watch.synced()))),
      countKills(surroundings, client, nats, pods, podWatch.synced(), reader, {
        teller,
        onCounted: (kills) => engine.noteKills(nodeKillsOf(kills)),
        onStored: (records) => engine.noteStoredKills(storedNodeKillsOf(records)),
        pastKills,
        onFlood,
      }),
    ],
  )
  try {
    // One that stands by has everything read, too: it begins where the other ended.
    await Promise.race([...watches.map((watch) => watch.run()), ...admitting, leading])
  } finally {
    await Promise.allSettled([leading, ...admitting])
    await Promise.race([nats.close(), sleep(NATS_CLOSE_LIMIT_MS)])
  }
}

function abortedLater(signal: AbortSignal, ms: number): AbortSignal {
  const later = new AbortController()
  signal.addEventListener('abort', () => setTimeout(() => later.abort(signal.reason), ms), { once: true })
  return later.signal
}

function waitingUnder(signal: AbortSignal, observer: TroubleLog): Waiting {
  return {
    observer,
    sleep: (ms) => sleep(ms, undefined, { signal }),
    random: Math.random,
    monotonicMs: () => performance.now(),
    signal,
  }
}

await runProgram({ name: 'oomkeeper-operator', version: VERSION, flags: operatorFlags, main })
