import type { JetStreamManager } from 'nats'
import { KILL_STREAM, nodeToken } from '#contract/subjects.ts'
import type { KubeClient } from './adapters/kubeClient.ts'
import { countReports } from './adapters/kubeReportStore.ts'
import { readStreamInfo } from './adapters/natsStreams.ts'
import type { PodStore } from './runtime/podStore.ts'
import { REJECT_STREAM } from './runtime/streamPlan.ts'
import type { Surroundings } from './surroundings.ts'

const EVERY_MS = 15_000

/** Keeps the figures of /metrics that nobody else comes by. Runs until the signal is aborted. @throws the signal's reason. */
export async function gatherFigures(
  { metrics, waiting, signal, now }: Surroundings,
  client: KubeClient,
  jsm: JetStreamManager,
  pods: PodStore,
): Promise<never> {
  for (;;) {
    metrics.agentFigures(metrics.agents.figures(now().getTime(), nodesWithPods(pods)))
    // Not a number is better than an old one; why it could not be read is said by those who live by it.
    const [kills, rejects, reports, nodeReports] = await Promise.all([
      readStreamInfo(jsm, KILL_STREAM).catch(() => undefined),
      readStreamInfo(jsm, REJECT_STREAM).catch(() => undefined),
      countReports(client, 'OOMReport').catch(() => undefined),
      countReports(client, 'NodeOOMReport').catch(() => undefined),
    ])
    signal.throwIfAborted()
    metrics.streamBytes.set(kills?.state.bytes ?? Number.NaN)
    metrics.streamMaxBytes.set(kills?.config.max_bytes ?? Number.NaN)
    metrics.rejectsKept.set(rejects?.state.messages ?? Number.NaN)
    metrics.reports.set({ kind: 'OOMReport' }, reports ?? Number.NaN)
    metrics.reports.set({ kind: 'NodeOOMReport' }, nodeReports ?? Number.NaN)
    await waiting.sleep(EVERY_MS)
  }
}

/** Whether a node has pods; all pods are looked at once, and only if somebody asks. */
function nodesWithPods(pods: PodStore): (token: string) => boolean {
  let tokens: Set<string> | undefined
  return (token) => {
    tokens ??= new Set(Array.from(pods.live(), ({ node }) => node).map(nodeToken))
    return tokens.has(token)
  }
}
