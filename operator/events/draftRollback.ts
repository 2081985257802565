import { API_VERSION } from '../api/killRecord.ts'
import { RETRY_ANNOTATION, oomPolicyKind } from '../api/oomPolicy.ts'
import type { EventDraft } from './eventDraft.ts'
import { nodeReference } from './nodeReference.ts'

/** Says of a policy, and of the node, that it is not applied there any more. */
export function draftRollback(policy: { name: string; uid: string }, node: string, atMs: number): EventDraft[] {
  const regarding = { apiVersion: API_VERSION, kind: oomPolicyKind.kind, ...policy }
  const same = { reason: 'OOMPolicyRolledBack', kill: `${policy.uid}/${node}/${atMs}` } as const
  const ending = `the node's memory ran out soon after the policy was first applied there`
  return [
    {
      ...same,
      regarding,
      related: nodeReference(node),
      subject: node,
      note: `taken back from node ${node}: ${ending}; change the policy or its annotation ${RETRY_ANNOTATION} to try again`,
    },
    {
      ...same,
      regarding: nodeReference(node),
      subject: policy.name,
      note: `OOMPolicy ${policy.name} is not applied here any more: ${ending}`,
    },
  ]
}
