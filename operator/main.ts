import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { startHealthServer } from '#program/adapters/healthServer.ts'
import { connectNats } from '#program/adapters/natsConnection.ts'
import { runProgram } from '#program/run.ts'
import { VERSION } from '#program/version.ts'
import { startApiServer } from './adapters/apiServer.ts'
import { KubeClient, loadKubeConfig } from './adapters/kubeClient.ts'
import { OperatorMetrics } from './adapters/operatorMetrics.ts'
import { ObjectWatch } from './adapters/objectWatch.ts'
import { watchedPods } from './adapters/watched.ts'
import { TroubleLog } from './adapters/troubleLog.ts'
import { createApiSource } from './answerPeople.ts'
import { applyPolicies, createPolicyEngine } from './applyPolicies.ts'
import { operatorFlags, type OperatorConfig } from './config.ts'
import { countKills } from './countKills.ts'
import type { Waiting } from './runtime/keepTrying.ts'
import { PodStore } from './runtime/podStore.ts'

const DELETED_POD_TTL_MS = 3_600_000
const MAX_DELETED_PODS = 20_000
const NATS_CLOSE_LIMIT_MS = 300

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
  const surroundings = {
    config,
    logger,
    signal,
    metrics,
    troubles,
    waiting,
    now: () => new Date(),
    instance: hostname(),
  }
  let isReading = false
  const notReady = () => [...(isReading ? [] : ['starting: no reader of kills yet']), ...troubles.reasons()]
  await startHealthServer(config.listen, { notReady, metrics: metrics.registry })
  let connection: NatsConnection | undefined
  const { streamMaxBytes } = config
  const people = { client, pods, nats: () => connection, notReady, streamMaxBytes, signal }
  await startApiServer(config.apiListen, createApiSource(people))
  const engine = createPolicyEngine(surroundings, client, pods)
  const podWatch = new ObjectWatch(
    client,
    watchedPods(pods, () => engine.wake()),
    waiting,
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
  try {
    await Promise.race([
      podWatch.run(),
      applyPolicies(surroundings, engine, client, nats, podWatch.synced()),
      countKills(surroundings, client, nats, pods, podWatch.synced(), () => {
        isReading = true
      }),
    ])
  } finally {
    await Promise.race([nats.close(), sleep(NATS_CLOSE_LIMIT_MS)])
  }
}

await runProgram({ name: 'oomkeeper-operator', version: VERSION, flags: operatorFlags, main })
