import type { NatsConnection } from 'nats'
import { MAX_RANK_ROWS } from '#contract/rank.ts'
import { killSubject, recoveredKillSubject } from '#contract/subjects.ts'
import type { KubeClient } from './adapters/kubeClient.ts'
import { NatsKillStream } from './adapters/natsKillStream.ts'
import { findStoredKill } from './adapters/natsKills.ts'
import { requestRank } from './adapters/natsRank.ts'
import { getStoredReport, listStoredReports } from './adapters/storedReports.ts'
import type { NodeRanking } from './api/nodeRanking.ts'
import type { OperatorSettings } from './api/operatorSettings.ts'
import type { Health } from './http/answers.ts'
import { describeStoredKill } from './http/describeKill.ts'
import { followKills } from './http/followKills.ts'
import type { Answer, ApiSource } from './http/routes.ts'
import type { Rails } from './policies/clusterFacts.ts'
import { resolveRanking } from './rank/nodeRanking.ts'
import type { RankTarget } from './rank/rankQuery.ts'
import { resolveScope } from './rank/resolveScope.ts'
import { simulateRanking } from './rank/simulateRanking.ts'
import type { PodStore } from './runtime/podStore.ts'
import { readKill } from './runtime/readKill.ts'

export interface PeopleSurroundings {
  client: KubeClient
  pods: PodStore
  /** undefined until the first connection. */
  nats: () => NatsConnection | undefined
  notReady: () => readonly string[]
  rails: Rails
  streamMaxBytes: number
  signal: AbortSignal
}

/** What the operator's HTTP API answers. */
export function createApiSource(surroundings: PeopleSurroundings): ApiSource {
  const { client, pods, nats, notReady, rails, streamMaxBytes, signal } = surroundings
  const findPod = (uid: string, node: string) => pods.find(uid, node)
  const withNats = (ask: (connection: NatsConnection) => Promise<Answer>): Promise<Answer> => {
    const connection = nats()
    if (connection !== undefined) return ask(connection)
    const detail = 'expected a connection to NATS, got none yet; try again in a moment'
    return Promise.resolve({ kind: 'problem', status: 503, detail })
  }
  const askNode = (node: string, top: number, target: RankTarget, describe: (ranking: NodeRanking) => object) =>
    withNats(async (connection) => {
      const resolved = resolveScope(target, node, pods)
      if (!resolved.ok) return { kind: 'problem', status: 404, detail: resolved.reason }
      const outcome = await requestRank(connection, node, { top, scope: resolved.scope })
      if (outcome.ok) return { kind: 'json', body: describe(resolveRanking(outcome.answer, findPod)) }
      return { kind: 'problem', status: outcome.isMissing ? 404 : 504, detail: outcome.reason }
    })
  return {
    health(): Health {
      const reasons = notReady()
      return { version: 1, ready: reasons.length === 0, reasons: [...reasons] }
    },
    settings(): OperatorSettings {
      const { ownNamespace: namespace, protectedMemoryPercent, rollbackWindowMs } = rails
      return { version: 1, namespace, protectedMemoryPercent, rollbackWindowSeconds: rollbackWindowMs / 1_000 }
    },
    listReports: (page) => listStoredReports(client, page),
    getReport: (key) => getStoredReport(client, key),
    findKill: (node, boot, sequence) =>
      withNats(async (connection) => {
        const subject = sequence.startsWith('m-')
          ? recoveredKillSubject(node, boot, sequence)
          : killSubject(node, boot, Number(sequence))
        const message = await findStoredKill(await connection.jetstreamManager({ checkAPI: false }), subject)
        if (message === undefined) {
          const detail = `expected ${subject} in the stream of kills, got none: it keeps seven days, and fewer when it is full`
          return { kind: 'problem', status: 404, detail }
        }
        const read = readKill(message)
        if (!read.ok) return { kind: 'problem', status: 422, detail: `${subject}: ${read.reason}` }
        const kill = { sequence: message.sequence, event: read.event }
        return { kind: 'json', body: describeStoredKill(kill, message.storedAt, findPod) }
      }),
    followKills: (filter) =>
      withNats(async (connection) => {
        const jsm = await connection.jetstreamManager({ checkAPI: false })
        const options = { maxBytes: streamMaxBytes, onBadCheckpoint: () => undefined }
        const stream = new NatsKillStream(connection.jetstream(), jsm, options)
        const { lastSequence } = await stream.state()
        return { kind: 'lines', lines: followKills(stream, lastSequence, filter, findPod, signal) }
      }),
    rankNode: (node, top, target) => askNode(node, top, target, (ranking) => ranking),
    simulateNode: (node, target, untilKib) =>
      askNode(node, MAX_RANK_ROWS, target, (ranking) => simulateRanking(ranking, untilKib)),
  }
}
