import type { ScaleSizes } from './sizes.ts'

/** What a pod needs to be bound, owned and known by its container. */
export interface PlannedPod {
  node: string
  workload: number
  namespace: string
  name: string
  containerId: string
}

export interface Workload {
  namespace: string
  deployment: string
  replicaSet: string
  /** Of the report of its container. */
  reportName: string
}

export const CONTAINER = 'app'
const MAX_NAMESPACES = 50

const digits = (value: number): string => String(value).padStart(5, '0')

export function nodeName(index: number): string {
  return `node-${digits(index)}`
}

export function namespaceName(index: number): string {
  return `team-${digits(index % MAX_NAMESPACES)}`
}

export function planWorkload(index: number): Workload {
  const deployment = `app-${digits(index)}`
  return {
    namespace: namespaceName(index),
    deployment,
    replicaSet: `${deployment}-7d9f5c6b84`,
    reportName: `deployment.${deployment}.${CONTAINER}`,
  }
}

/** Pods of these numbers, round and round over the workloads and the nodes of a stage. */
export function planPods(from: number, to: number, { nodes, workloads }: ScaleSizes): PlannedPod[] {
  return Array.from({ length: to - from }, (_, at) => {
    const index = from + at
    const workload = index % workloads
    const { namespace, replicaSet } = planWorkload(workload)
    return {
      node: nodeName(index % nodes),
      workload,
      namespace,
      name: `${replicaSet}-${digits(index)}`,
      containerId: index.toString(16).padStart(64, '0'),
    }
  })
}
