import type { CgroupTree } from './cgroupTree.ts'
import { parseKernelVersion } from '#kernel/kernelVersion.ts'

/** Something of the kernel that reports of OOM kills, or says in them, rest on. */
export interface KernelFeature {
  name: string
  /** 6018 for 6.18: mainline's first kernel with it. A distribution may have it earlier. */
  since: number
  /** Only there on cgroup v2. */
  isV2Only: boolean
  /** What is missed without. */
  without: string
}

/** What of the kernel matters here, the oldest first. Sources: the kernel's history of mm/oom_kill.c and mm/memcontrol.c. */
export const KERNEL_FEATURES: readonly KernelFeature[] = [
  {
    name: 'oom_reaper',
    since: 4006,
    isV2Only: false,
    without: 'a victim that cannot end keeps its memory, and the node may hang',
  },
  {
    name: 'memory.events oom_kill',
    since: 4013,
    isV2Only: true,
    without: 'kills are not counted by cgroup and below it',
  },
  {
    name: 'memory.oom.group',
    since: 4019,
    isV2Only: true,
    without: 'the kernel takes one process of a container, and the others go on without it',
  },
  {
    name: 'oom-kill: line',
    since: 5000,
    isV2Only: false,
    without: 'the kernel does not say whose limit was hit, and the agent is not made for it',
  },
  { name: 'memory.peak', since: 5019, isV2Only: true, without: 'how far a container came below its limit is not kept' },
]

/** Which of them this kernel has, as far as its version tells; undefined where it does not. */
export function resolveFeatures(
  kernelRelease: string | undefined,
  { memoryVersion }: CgroupTree,
): Readonly<Record<string, boolean>> | undefined {
  const version = parseKernelVersion(kernelRelease)
  if (version === undefined) return undefined
  return Object.fromEntries(
    KERNEL_FEATURES.map(({ name, since, isV2Only }) => [name, version >= since && (!isV2Only || memoryVersion === 2)]),
  )
}
