import type { Kubectl } from '../cluster/parts/kubectl.ts'
import { waitUntil } from '../cluster/process/wait.ts'

/** All that the operator may do, and the list that the chart and the documentation give. */
const OPERATOR_RULES = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['namespaces', 'nodes'], verbs: ['list', 'watch'] },
  { apiGroups: ['node.k8s.io'], resources: ['runtimeclasses'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['replicationcontrollers'], verbs: ['get'] },
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['get'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  {
    apiGroups: ['oomkeeper.io'],
    resources: ['oomreports', 'nodeoomreports'],
    verbs: ['get', 'list', 'create', 'delete'],
  },
  { apiGroups: ['oomkeeper.io'], resources: ['oomreports/status', 'nodeoomreports/status'], verbs: ['update'] },
  { apiGroups: ['oomkeeper.io'], resources: ['oompolicies'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: ['oomkeeper.io'], resources: ['oompolicies/status'], verbs: ['patch'] },
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'patch', 'create'] },
]

/** Makes the operator's account, in namespace `shop`, with these rights alone. @returns its token */
export async function grantOperator(kubectl: Kubectl): Promise<string> {
  await applyRole(kubectl, OPERATOR_RULES)
  await kubectl(['create', 'serviceaccount', 'oomkeeper-operator', '-n', 'shop'])
  const binding = ['oomkeeper-operator', '--clusterrole=oomkeeper-operator', '--serviceaccount=shop:oomkeeper-operator']
  await kubectl(['create', 'clusterrolebinding', ...binding])
  return (await kubectl(['create', 'token', 'oomkeeper-operator', '-n', 'shop', '--duration=2h'])).trim()
}

/** From its return on the operator may write no status of a policy, or may again. */
export async function allowPolicyStatus(kubectl: Kubectl, isAllowed: boolean): Promise<void> {
  await applyRole(
    kubectl,
    OPERATOR_RULES.filter(({ resources }) => isAllowed || !resources.includes('oompolicies/status')),
  )
  const group = 'oomkeeper.io'
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: 'system:serviceaccount:shop:oomkeeper-operator',
      resourceAttributes: { group, resource: 'oompolicies', subresource: 'status', verb: 'patch' },
    },
  }
  const isInForce = async (): Promise<true | undefined> => {
    const text = await kubectl(['create', '-f', '-', '-o', 'json'], { stdin: JSON.stringify(review) })
    return (JSON.parse(text) as { status: { allowed: boolean } }).status.allowed === isAllowed || undefined
  }
  await waitUntil('the apiserver to take up the role', isInForce, { deadlineMs: 10_000 })
}

async function applyRole(kubectl: Kubectl, rules: readonly object[]): Promise<void> {
  const metadata = { name: 'oomkeeper-operator' }
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules }
  await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(role) })
}
