import type { KillEvent } from '#contract/killEvent.ts'
import { rssKibOf } from '../reports/killRecord.ts'
import type { CachedPod } from '../runtime/pod.ts'
import type { KillNotice, PodNames, StoredKill } from './answers.ts'

export type FindPod = (uid: string, node: string) => CachedPod | undefined

/** A message of the stream of kills that was read and is what it claims to be. */
export interface ReadMessage {
  sequence: number
  event: KillEvent
}

/** The names of a kill's pod and container; none of a pod that is bound to another node, whatever the event claims. */
export function namesOf({ node, attribution }: KillEvent, findPod: FindPod): PodNames {
  const { podUid, containerId } = attribution
  const pod = podUid === undefined ? undefined : findPod(podUid, node)
  if (pod === undefined || pod.node !== node) return {}
  const containerName = pod.containers.find(({ id }) => id === containerId)?.name
  return { namespace: pod.namespace, podName: pod.name, ...(containerName !== undefined && { containerName }) }
}

export function describeStoredKill({ sequence, event }: ReadMessage, storedAt: string, findPod: FindPod): StoredKill {
  return { version: 1, streamSequence: sequence, storedAt, ...namesOf(event, findPod), event }
}

export function describeNotice({ sequence, event }: ReadMessage, findPod: FindPod): KillNotice {
  const { victim, trigger, attribution, domain } = event
  return {
    version: 1,
    streamSequence: sequence,
    node: event.node,
    bootId: event.bootId,
    sequence: event.sequence,
    recoveredAs: event.recoveredAs,
    killedAt: event.killedAt,
    source: event.source,
    outcome: event.outcome,
    scope: event.scope,
    limitKib: domain.limitKib,
    victimPid: victim?.pid,
    victimCommand: victim?.command,
    victimRssKib: rssKibOf(victim),
    triggerPid: trigger?.pid,
    triggerCommand: trigger?.command,
    cgroupPath: attribution.cgroupPath,
    podUid: attribution.podUid,
    ...namesOf(event, findPod),
  }
}
