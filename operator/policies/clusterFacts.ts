import type { Labels } from './labelSelector.ts'
import type { Withdrawn } from './rollback.ts'

/** What a guard rail has to know of a node. */
export interface NodeFacts {
  /** undefined where the kubelet has not told it. */
  memory: { capacityKib: number; allocatableKib: number } | undefined
  /** No machine with a kernel of its own: a virtual kubelet runs pods somewhere else. */
  isVirtual: boolean
}

/** What the operator's flag is by default. */
export const DEFAULT_PROTECTED_MEMORY_PERCENT = 50

/** How far policies may go, as the operator's flags say. */
export interface Rails {
  /** Nothing is set by any policy. */
  isOff?: boolean
  /** Where oomkeeper itself runs. */
  ownNamespace: string
  /** Of a node's allocatable memory: the limits of what policies protect there may add up to so much. */
  protectedMemoryPercent: number
  /** A kill so long after a policy was first applied on its node takes it back there; 0: never. */
  rollbackWindowMs: number
}

/** What is decided by, beside policies and pods. */
export interface ClusterFacts {
  rails: Rails
  /** Labels of the namespaces, by name. */
  namespaces: ReadonlyMap<string, Labels>
  nodes: ReadonlyMap<string, NodeFacts>
  /** Handlers of the RuntimeClasses, by name. */
  runtimeHandlers: ReadonlyMap<string, string>
  /** Where policies are not applied, by their names. */
  withdrawn: ReadonlyMap<string, Withdrawn>
  /** Tokens of the nodes whose agents write nothing (mode detect), as far as they have said so. */
  detecting?: ReadonlySet<string>
}
