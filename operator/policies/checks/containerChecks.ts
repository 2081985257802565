import { MIN_DESIRED_SCORE } from '#contract/desiredRule.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'
import { nodeToken } from '#contract/subjects.ts'
import { RETRY_ANNOTATION } from '../../api/oomPolicy.ts'
import type { LabelSelector } from '../../api/selectors.ts'
import type { ClusterFacts } from '../clusterFacts.ts'
import { BEST_EFFORT_SCORE, BURSTABLE_SCORES } from '../kubeletScore.ts'
import { isProtecting, limitKib, scoresOf, type Subject } from '../protection.ts'
import { isWithdrawn } from '../rollback.ts'

/** Why a policy does not touch a container that it selects. */
export interface ContainerCheck {
  /** In one word, as the policy's status has it. */
  reason: string
  /** No guard rail: what the policy asks for is wanted, and is not done. */
  isObstacle?: true
  /** @returns why not, in a sentence of few forms; undefined where nothing speaks against it. */
  refuse: (subject: Subject, facts: ClusterFacts) => string | undefined
}

/** The guard rails that go by what the apiserver knows, and what else keeps a policy away; the first that refuses is told. The list is the specification. */
export const CONTAINER_CHECKS: readonly ContainerCheck[] = [
  {
    reason: 'PoliciesOff',
    isObstacle: true,
    refuse: (_subject, { rails }) =>
      rails.isOff === true
        ? 'policies are switched off (--policies=off): nothing is set, and what was is given back'
        : undefined,
  },
  {
    // The apiserver refuses such a value; one that it took under another version of the kind decides nothing.
    reason: 'BelowFloor',
    refuse: ({ policy }) => {
      const { value } = policy.spec.oomScoreAdj ?? {}
      if (value === undefined || value >= MIN_DESIRED_SCORE) return undefined
      return `oomScoreAdj.value is ${value}: the lowest that is set is ${MIN_DESIRED_SCORE}, since -1000 exempts processes from the OOM killer, and with them whatever they leak`
    },
  },
  {
    reason: 'StaticControlPlane',
    refuse: ({ policy: { spec }, pod }) => {
      const isControlPlane = pod.namespace === 'kube-system' && pod.configHash !== undefined
      if (!isControlPlane || names(spec.namespaceSelector) || names(spec.podSelector)) return undefined
      return "a static pod of the control plane is left alone unless the policy names it: by its namespace's labels (kubernetes.io/metadata.name: kube-system) or by its own"
    },
  },
  {
    reason: 'OwnPods',
    refuse: ({ policy: { spec }, pod }, { rails }) => {
      // Labels alone would let anybody's pod escape a policy by calling itself oomkeeper's.
      if (pod.namespace !== rails.ownNamespace || pod.labels['app.kubernetes.io/part-of'] !== 'oomkeeper')
        return undefined
      if (pod.labels['app.kubernetes.io/component'] === 'agent')
        return 'the agent sets its own score, and no policy changes it: it must be there to tell of a kill'
      return names(spec.namespaceSelector)
        ? undefined
        : "oomkeeper's own pods are left alone unless the policy names their namespace by its labels"
    },
  },
  {
    reason: 'Unsupported',
    refuse: ({ pod }, { nodes, runtimeHandlers }) => {
      if (nodes.get(pod.node)?.isVirtual === true)
        return 'the node is a virtual kubelet: its pods run where no agent is'
      if (pod.runtimeClass === undefined) return undefined
      const handler = runtimeHandlers.get(pod.runtimeClass) ?? pod.runtimeClass
      if (/^kata/i.test(handler))
        return 'Kata Containers run the pod in a virtual machine with a kernel of its own, which this node’s kernel sees as one process'
      return /^(?:runsc|gvisor)/i.test(handler)
        ? 'gVisor runs the pod in a sandbox with a kernel of its own, which this node’s kernel sees as one process'
        : undefined
    },
  },
  {
    reason: 'DetectsOnly',
    isObstacle: true,
    refuse: ({ pod }, { detecting }) =>
      detecting?.has(nodeToken(pod.node)) === true
        ? 'the agent of the node only detects (--mode=detect): it writes no score there'
        : undefined,
  },
  {
    reason: 'RolledBack',
    refuse: ({ policy, pod }, { withdrawn }) => {
      const from = withdrawn.get(policy.name)
      return from !== undefined && isWithdrawn(from, pod.node)
        ? `the node ran out of memory soon after the policy was first applied there: change the policy, or set its annotation ${RETRY_ANNOTATION} to try again`
        : undefined
    },
  },
  {
    reason: 'UnlimitedMemory',
    refuse: (subject, facts) => {
      if (subject.policy.spec.allowUnlimited || limitKib(subject) !== undefined || !isProtecting(subject, facts))
        return undefined
      return 'a container without a memory limit is not protected, it could take the memory of all others: give it a limit, or the policy allowUnlimited'
    },
  },
  {
    reason: 'CrossesQoS',
    refuse: (subject, facts) => {
      const scores = scoresOf(subject, facts)
      if (scores === undefined || subject.policy.spec.allowCrossQoS) return undefined
      const { after } = scores
      if (subject.pod.qosClass === 'Guaranteed' && after > BURSTABLE_SCORES.lowest)
        return `a Guaranteed container would stand behind Burstable ones: above ${BURSTABLE_SCORES.lowest} only with allowCrossQoS`
      if (subject.pod.qosClass === 'BestEffort' && after < BURSTABLE_SCORES.highest)
        return `a BestEffort container (${BEST_EFFORT_SCORE}) would stand before Burstable ones: below ${BURSTABLE_SCORES.highest} only with allowCrossQoS`
      // A Burstable one can pass neither: its neighbours have the values at which what may be set ends.
      return undefined
    },
  },
]

export interface Refusal {
  why: StatusReason
  /** A guard rail says so: it is as it should be. */
  isGuarded: boolean
}

/** @returns why the policy leaves the container alone; undefined where it does not. */
export function refusalOf(subject: Subject, facts: ClusterFacts): Refusal | undefined {
  for (const { reason, refuse, isObstacle } of CONTAINER_CHECKS) {
    const message = refuse(subject, facts)
    if (message !== undefined) return { why: { reason, message }, isGuarded: isObstacle !== true }
  }
  return undefined
}

/** Whether a selector says whom it wants: one that only says whom it does not want names nobody. */
function names({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): boolean {
  return Object.keys(matchLabels).length > 0 || matchExpressions.some(({ operator }) => operator === 'In')
}
