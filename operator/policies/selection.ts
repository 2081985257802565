import type { OomPolicySpec } from '../api/oomPolicySpec.ts'
import type { LabelSelector } from '../api/selectors.ts'
import type { PodMember } from '../runtime/pod.ts'
import { matchesLabels, type Labels } from './labelSelector.ts'
import type { Rollback } from './rollback.ts'

export interface Policy {
  name: string
  uid: string
  generation: number
  spec: OomPolicySpec
  /** It is to be deleted: it decides nothing any more. */
  deleting: boolean
  /** Whether it is kept from vanishing until its scores are given back. */
  held: boolean
  /** What its annotation RETRY_ANNOTATION says: another word ends a rollback. */
  retry?: string | undefined
  /** As its status has it, of whatever generation. */
  rollback?: Rollback | undefined
}

/** A pod as policies see it: bound to a node, with its containers. */
export interface PolicyPod {
  namespace: string
  name: string
  node: string
  labels: Labels
  priorityClass: string | undefined
  qosClass: string | undefined
  runtimeClass: string | undefined
  /** Of the pod as a whole, as a quantity. */
  memoryLimit: string | undefined
  createdSeconds: number
  uid: string
  /** Of a static pod: its UID on the node. */
  configHash: string | undefined
  members: readonly PodMember[]
}

/** What must hold for a policy to select a pod; the list is the specification. */
const POD_CHECKS: readonly ((policy: Policy, pod: PolicyPod, namespace: Labels | undefined) => boolean)[] = [
  ({ deleting }) => !deleting,
  // The apiserver refuses one that selects by nothing; one that it took before it did must not select everything.
  ({ spec }) => spec.all === true || isNarrowed(spec),
  // A namespace that is not known yet fits no selector: better late than wrong.
  ({ spec }, _pod, namespace) => namespace !== undefined && matchesLabels(spec.namespaceSelector ?? {}, namespace),
  ({ spec }, { labels }) => matchesLabels(spec.podSelector ?? {}, labels),
  ({ spec }, { priorityClass }) =>
    spec.priorityClassNames === undefined ||
    (priorityClass !== undefined && spec.priorityClassNames.includes(priorityClass)),
]

export function selectsPod(policy: Policy, pod: PolicyPod, namespace: Labels | undefined): boolean {
  return POD_CHECKS.every((fits) => fits(policy, pod, namespace))
}

/** Whether a policy that selects the pod selects this container of it. */
export function selectsContainer({ spec }: Policy, { name, type }: PodMember): boolean {
  return (
    (spec.containers?.includes(name) ?? true) &&
    (spec.containerTypes === undefined || (type !== 'Ephemeral' && spec.containerTypes.includes(type)))
  )
}

/** Highest priority first, of equals the first by name. */
export function byPrecedence(a: Policy, b: Policy): number {
  return b.spec.priority - a.spec.priority || (a.name < b.name ? -1 : 1)
}

function isNarrowed({ namespaceSelector, podSelector, priorityClassNames = [] }: OomPolicySpec): boolean {
  return !isEmpty(namespaceSelector) || !isEmpty(podSelector) || priorityClassNames.length > 0
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0
}
