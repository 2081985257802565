/**
 * What a KubeletConfiguration says of memory, with the kubelet's own defaults in place of what it leaves out.
 * Source: k8s.io/kubelet config/v1beta1/types.go; pkg/kubelet/apis/config/v1beta1/defaults.go (1.37).
 */
export interface KubeletConfig {
  /** evictionHard memory.available. */
  eviction: EvictionThreshold
  /** Of systemReserved and kubeReserved together, in KiB. */
  systemReservedKib: number
  kubeReservedKib: number
  /** None of it where pods have no cgroups of their own (cgroupsPerQOS). */
  enforceNodeAllocatable: readonly string[]
  failCgroupV1: boolean
  failSwapOn: boolean
  swapBehavior: string
  /** Undefined: the kubelet decides by cgroup version. */
  singleProcessOomKill: boolean | undefined
  protectKernelDefaults: boolean
  cgroupDriver: string
}

/** `isDefault`: the configuration does not say it. Off: the kubelet does not evict for memory. */
export type EvictionThreshold =
  | { kind: 'size'; kib: number; isDefault: boolean }
  | { kind: 'share'; percent: number }
  | { kind: 'off'; because: 'disabled' | 'leftOut' }

/** Source: pkg/kubelet/eviction/defaults_linux.go. */
export const DEFAULT_EVICTION_KIB = 100 * 1024
export const DEFAULT_EVICTION: EvictionThreshold = { kind: 'size', kib: DEFAULT_EVICTION_KIB, isDefault: true }

/**
 * @param memTotalKib of the node; the kubelet's capacity
 * @returns below which memory.available, in KiB, it evicts; undefined: it does not
 */
export function resolveEvictionKib(threshold: EvictionThreshold, memTotalKib: number | undefined): number | undefined {
  switch (threshold.kind) {
    case 'size':
      return threshold.kib
    case 'share':
      return memTotalKib === undefined ? DEFAULT_EVICTION_KIB : Math.floor((memTotalKib * threshold.percent) / 100)
    case 'off':
      return undefined
  }
}
