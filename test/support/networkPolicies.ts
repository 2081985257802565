export type Labels = Readonly<Record<string, string>>

interface Selector {
  matchLabels?: Labels
  matchExpressions?: { key: string; operator: 'In'; values: string[] }[]
}

interface Rule {
  ports?: { port: number }[]
  from?: { podSelector?: Selector }[]
  to?: { podSelector?: Selector }[]
}

export interface NetworkPolicy {
  kind: string
  spec: { podSelector: Selector; policyTypes: string[]; ingress?: Rule[]; egress?: Rule[] }
}

type End = Labels | 'outside'

/**
 * Whether NetworkPolicies of one namespace let a pod of it connect to another, as networking.k8s.io/v1 says it: a pod that no
 * policy selects may, one that some select may what one of these allows, and both ends have to allow it. As much of it as the
 * chart makes use of; `outside` is no pod of this namespace.
 */
export function mayConnect(objects: readonly NetworkPolicy[], from: End, to: End, port: number): boolean {
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec)
  const allows = (type: 'Ingress' | 'Egress', own: End, other: End): boolean => {
    const isIngress = type === 'Ingress'
    const selecting = policies.filter(
      ({ podSelector, policyTypes }) => policyTypes.includes(type) && fits(podSelector, own),
    )
    const rules = selecting.flatMap(({ ingress = [], egress = [] }) => (isIngress ? ingress : egress))
    return (
      selecting.length === 0 ||
      rules.some((rule) => {
        const peers = isIngress ? rule.from : rule.to
        return (
          (rule.ports === undefined || rule.ports.some((each) => each.port === port)) &&
          (peers === undefined ||
            peers.some(({ podSelector }) => podSelector !== undefined && fits(podSelector, other)))
        )
      })
    )
  }
  return allows('Egress', from, to) && allows('Ingress', to, from)
}

function fits({ matchLabels = {}, matchExpressions = [] }: Selector, labels: End): boolean {
  if (labels === 'outside') return false
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  )
}
