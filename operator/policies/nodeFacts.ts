import { parseQuantityKib } from '#program/quantityKib.ts'
import type { NodeFacts } from './clusterFacts.ts'

/** The fields of a node (core/v1) that are read, as the apiserver writes them. */
export interface RawNode {
  metadata?: { labels?: Readonly<Record<string, string>> }
  spec?: { taints?: readonly { key?: string }[] }
  status?: { capacity?: { memory?: string }; allocatable?: { memory?: string } }
}

export function parseNodeFacts({ metadata, spec, status }: RawNode): NodeFacts {
  const capacityKib = parseQuantityKib(status?.capacity?.memory ?? '')
  const allocatableKib = parseQuantityKib(status?.allocatable?.memory ?? '')
  const isKnown = capacityKib !== undefined && allocatableKib !== undefined
  return {
    memory: isKnown ? { capacityKib, allocatableKib } : undefined,
    // A virtual kubelet marks its node with one, the other or both (virtual-kubelet, cmd/virtual-kubelet/internal/commands/root).
    isVirtual:
      metadata?.labels?.['type'] === 'virtual-kubelet' ||
      spec?.taints?.some(({ key }) => key === 'virtual-kubelet.io/provider') === true,
  }
}
