import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { startHealthServer } from '#program/adapters/healthServer.ts'
import { connectNats } from '#program/adapters/natsConnection.ts'
import { runProgram } from '#program/run.ts'
import { VERSION } from '#program/version.ts'
import { startApiServer, type ApiSource } from './adapters/apiServer.ts'
import { KubeClient, loadKubeConfig } from './adapters/kubeClient.ts'
import { requestRank } from './adapters/natsRank.ts'
import { OperatorMetrics } from './adapters/operatorMetrics.ts'
import { ObjectWatch } from './adapters/objectWatch.ts'
import { watchedPods } from './adapters/watched.ts'
import { TroubleLog } from './adapters/troubleLog.ts'
import { applyPolicies, createPolicyEngine } from './applyPolicies.ts'
import { operatorFlags, type OperatorConfig } from './config.ts'
import { countKills } from './countKills.ts'
import { resolveRanking } from './rank/nodeRanking.ts'
import type { RankTarget } from './rank/rankQuery.ts'
import { resolveScope } from './rank/resolveScope.ts'
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
  await startHealthServer(config.listen, {
    notReady: () => [...(isReading ? [] : ['starting: no reader of kills yet']), ...troubles.reasons()],
    metrics: metrics.registry,
  })
  let connection: NatsConnection | undefined
  await startApiServer(config.apiListen, {
    rankNode: (node, top, target) => rankNode(connection, pods, node, top, target),
  })
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

/** Asks a node who is in line, and names the pods. */
async function rankNode(
  nats: NatsConnection | undefined,
  pods: PodStore,
  node: string,
  top: number,
  target: RankTarget,
): ReturnType<ApiSource['rankNode']> {
  if (nats === undefined) {
    return { ok: false, status: 503, reason: 'expected a connection to NATS, got none yet; try again in a moment' }
  }
  const resolved = resolveScope(target, node, pods)
  if (!resolved.ok) return { ok: false, status: 404, reason: resolved.reason }
  const outcome = await requestRank(nats, node, { top, scope: resolved.scope })
  if (!outcome.ok) return { ok: false, status: outcome.isMissing ? 404 : 504, reason: outcome.reason }
  return { ok: true, ranking: resolveRanking(outcome.answer, (uid, on) => pods.find(uid, on)) }
}

await runProgram({ name: 'oomkeeper-operator', version: VERSION, flags: operatorFlags, main })
