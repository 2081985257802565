/** What the operator is asked about a node. */
export interface NodeQuestion {
  node: string
  top: number
  /** One of them at most, or a container's name with its pod. */
  cgroup?: string | undefined
  pod?: string | undefined
  container?: string | undefined
  /** Without one, the operator is reached by kubectl port-forward. */
  operatorUrl?: string | undefined
  /** Where the operator runs. */
  namespace: string
  /** Which cluster, for kubectl; without them, the current one. */
  context?: string | undefined
  kubeconfig?: string | undefined
}
