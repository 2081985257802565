import { shownText } from '../reports/shownText.ts'
import type { PodReason } from '../runtime/podReasons.ts'
import { MAX_NOTE_BYTES, type EventDraft } from './eventDraft.ts'

/** Says of a pod why a policy that selects it is not applied there. */
export function draftPodReason({ policy, pod, container, containerId, reason, message }: PodReason): EventDraft {
  return {
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid },
    reason: 'OOMPolicyNotApplied',
    note: shownText(
      `OOMPolicy ${policy.name} is not applied in container ${container}: ${reason}: ${message}`,
      MAX_NOTE_BYTES,
    ),
    subject: `${policy.name}/${container}/${reason}`,
    kill: `${policy.uid}/${policy.generation}/${containerId}`,
  }
}
