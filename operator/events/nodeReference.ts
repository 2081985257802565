import type { ObjectReference } from './eventDraft.ts'

/** As the kubelet refers to its node, with the name for a UID: `kubectl describe node` looks for both. */
export function nodeReference(node: string): ObjectReference {
  return { apiVersion: 'v1', kind: 'Node', name: node, uid: node }
}
