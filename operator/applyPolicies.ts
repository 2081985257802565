import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { nodeName } from '#contract/subjects.ts'
import type { KubeClient } from './adapters/kubeClient.ts'
import { NatsPolicies } from './adapters/natsPolicies.ts'
import { ObjectWatch } from './adapters/objectWatch.ts'
import { setFinalizer } from './adapters/policyFinalizer.ts'
import { writePolicyStatus } from './adapters/policyStatusWriter.ts'
import { watchedNamespaces, watchedNodes, watchedPolicies, watchedRuntimeClasses } from './adapters/watched.ts'
import type { OperatorConfig } from './config.ts'
import type { Rails } from './policies/clusterFacts.ts'
import { placeIn } from './policies/replay/likePods.ts'
import type { Place } from './policies/replay/pastKill.ts'
import { replayPolicies } from './policies/replay/replayPolicies.ts'
import type { Policy } from './policies/selection.ts'
import { PastKills, findPodsOfKills } from './runtime/pastKills.ts'
import { draftPodReason } from './events/draftPodReason.ts'
import { draftRollback } from './events/draftRollback.ts'
import type { EventTeller } from './runtime/eventTeller.ts'
import { keepTrying } from './runtime/keepTrying.ts'
import type { PodStore } from './runtime/podStore.ts'
import { PolicyEngine } from './runtime/policyEngine.ts'
import { setNewest } from './runtime/setNewest.ts'
import type { Surroundings } from './surroundings.ts'

const MAX_REFUSED = 1_000

/** How far policies may go, by the operator's flags. @param podNamespace where the operator itself runs */
export function railsOf(config: OperatorConfig, podNamespace: string): Rails {
  return {
    isOff: config.policies === 'off',
    ownNamespace: config.leaseNamespace ?? podNamespace,
    protectedMemoryPercent: config.protectedMemoryPercent,
    rollbackWindowMs: config.rollbackWindowSeconds * 1_000,
  }
}

export function createPolicyEngine(
  { logger, troubles, waiting, now }: Surroundings,
  client: KubeClient,
  rails: Rails,
  pods: PodStore,
  teller: EventTeller | undefined,
): { engine: PolicyEngine; pastKills: PastKills } {
  const pastKills = new PastKills(() => engine.noteReports())
  const engine: PolicyEngine = new PolicyEngine(() => pods.live(), rails, {
    now,
    monotonicMs: waiting.monotonicMs,
    sleep: waiting.sleep,
    writeStatus: (name, compute) => writePolicyStatus(client, name, compute),
    hold: (name) => setFinalizer(client, name, true),
    release: (name) => setFinalizer(client, name, false),
    gaveUpOn: (policy, nodes) =>
      logger.warn(
        { policy, nodes },
        `expected these nodes to say that they gave back the scores of a deleted policy, got nothing for a minute: it goes without them; their agents give back when they can`,
      ),
    replay: (policies, facts, matches) => {
      if (!pastKills.isComplete) return new Map()
      const kills = pastKills.newest()
      const selected = ({ name }: Policy): Place[] =>
        [...(matches.get(name)?.places.values() ?? [])].map(({ pod, container }) => placeIn(pod, container))
      return replayPolicies(policies, kills, findPodsOfKills(pods, kills), facts, selected)
    },
    rolledBack: ({ name, uid }, { node, atMs }) => {
      logger.warn({ policy: name, node }, 'a policy is taken back from a node whose memory ran out soon after')
      teller?.note(draftRollback({ name, uid }, node, atMs))
    },
    toldPods: (reasons) => teller?.note(reasons.map(draftPodReason)),
    settled: () => troubles.fine('policies'),
  })
  return { engine, pastKills }
}

/** What the engine decides by, beside the pods. */
export function policyWatches(client: KubeClient, engine: PolicyEngine, { waiting }: Surroundings): ObjectWatch[] {
  const all = [watchedNamespaces, watchedNodes, watchedRuntimeClasses, watchedPolicies]
  return all.map((watched) => new ObjectWatch(client, watched(engine), waiting))
}

/** Turns policies into scores for ever. @throws the signal's reason. */
export async function applyPolicies(
  { signal, logger, troubles, waiting, metrics, elector }: Surroundings,
  engine: PolicyEngine,
  nats: NatsConnection,
  allSynced: Promise<unknown>,
): Promise<never> {
  // A policy or a pod that is not read yet must not look as if it were gone: its scores would be given back.
  await allSynced
  const link = new NatsPolicies(nats.jetstream(), () => elector?.assertHeld())
  const observer = {
    following: () => {
      troubles.fine('statuses')
      engine.noteHearing()
    },
    heard: metrics.agents.heard.bind(metrics.agents),
    said: engine.noteStatus.bind(engine),
    refused: refusalLog(logger),
  }
  return Promise.race([
    keepTrying('policies', waiting, () => engine.run(link, signal)),
    keepTrying('statuses', waiting, () => link.followStatuses(observer, signal)),
  ])
}

/** Says of each node once why its agent's word is refused, and again when the reason changes. */
function refusalLog(logger: Logger): (token: string, reason: string) => void {
  const said = new Map<string, string>()
  return (token, reason) => {
    if (said.get(token) !== reason)
      logger.warn({ node: nodeName(token) }, `status of an agent refused: ${reason}; what it said before stands`)
    setNewest(said, token, reason, MAX_REFUSED)
  }
}
