import { formatKib } from '#kernel/explain/quantity.ts'
import { resolveReserve } from '../reserve.ts'
import type { KubeletCheck } from './check.ts'

const ALLOCATABLE = 'pkg/kubelet/cm/node_container_manager_linux.go'
const REFUSES = 'The kubelet does not start with that.'
const isYes = (value: boolean) => (value ? 'true' : 'false')

export const reservedMemory: KubeletCheck = {
  name: 'systemReserved, kubeReserved',
  sound: 'memory reserved of more than what is free when the kernel kills: each zone’s min and lowmem_reserve',
  source: `kubelet, ${ALLOCATABLE}, getNodeAllocatableInternalAbsolute (the limit of kubepods is capacity less both); mm/page_alloc.c, __zone_watermark_ok`,
  judge({ systemReservedKib, kubeReservedKib }, settings) {
    const reservedKib = systemReservedKib + kubeReservedKib
    const figures = { systemReservedKib, kubeReservedKib, freeAtKillKib: resolveReserve(settings)?.freeAtKillKib }
    if (reservedKib === 0) {
      const text =
        'Nothing: pods may take all memory together. When they do, the node runs out, not kubepods, and the kernel chooses among all: the runtime and the node’s services too.'
      return { value: 'no memory', severity: 'warning', text, figures }
    }
    const about = { value: formatKib(reservedKib), figures }
    const { freeAtKillKib = 0 } = figures
    if (reservedKib <= freeAtKillKib) {
      const text = `With about ${formatKib(freeAtKillKib)} free the kernel kills on the whole node, before pods reach their common limit, that of kubepods: reserve well above it, and what the node’s services take on top.`
      return { ...about, severity: 'warning', text }
    }
    const text = 'Pods together reach the limit of kubepods before that is gone, if the node’s services take no more.'
    return { ...about, severity: 'ok', text }
  },
}

const PODS = 'pods'
/** Those that limit memory: the `-compressible` ones do not. */
const SERVICES: readonly string[] = ['system-reserved', 'kube-reserved']

export const enforceNodeAllocatable: KubeletCheck = {
  name: 'enforceNodeAllocatable',
  sound: 'pods, and of the others only the -compressible ones',
  source: `kubelet, ${ALLOCATABLE}, enforceNodeAllocatableCgroups; Kubernetes, "Reserve Compute Resources for System Daemons"`,
  judge({ enforceNodeAllocatable: enforced }) {
    const about = { value: enforced.join(', ') || 'none', figures: {} }
    if (!enforced.includes(PODS)) {
      const text =
        'Without pods, kubepods is limited by the node’s capacity alone: what is reserved for the node’s services is taken by pods all the same.'
      return { ...about, severity: 'warning', text }
    }
    const limited = SERVICES.filter((name) => enforced.includes(name))
    if (limited.length > 0) {
      const text = `${limited.join(' and ')}: the node’s own services hit a memory limit, and the kernel kills among them, with memory left on the node.`
      return { ...about, severity: 'warning', text }
    }
    return { ...about, severity: 'ok', text: 'Pods together are held below capacity less what is reserved.' }
  },
}

const SWAP_BEHAVIORS: readonly string[] = ['NoSwap', 'LimitedSwap']

export const swapBehavior: KubeletCheck = {
  name: 'memorySwap.swapBehavior',
  sound: 'NoSwap; or LimitedSwap on cgroup v2 with failSwapOn: false where there is swap',
  source:
    'Kubernetes KEP-2400; kubelet, pkg/kubelet/kuberuntime/kuberuntime_container_linux.go, GetContainerSwapBehavior, and pkg/kubelet/cm/container_manager_linux.go, NewContainerManager',
  judge({ swapBehavior: behavior, failSwapOn }, { meminfo: { swapTotalKib = 0 }, cgroups: { memoryVersion } }) {
    const about = { value: behavior, figures: { failSwapOn, swapTotalKib, memoryVersion } }
    if (!SWAP_BEHAVIORS.includes(behavior)) {
      const text = `${REFUSES} Expected NoSwap or LimitedSwap.`
      return { ...about, severity: 'warning', text }
    }
    if (failSwapOn && swapTotalKib > 0) {
      const text = 'failSwapOn is true and there is swap: the kubelet does not start again.'
      return { ...about, severity: 'warning', text }
    }
    if (behavior === 'NoSwap') {
      const who = swapTotalKib > 0 ? ': it is for the node’s services' : ''
      return { ...about, severity: 'ok', text: `Pods use no swap${who}.` }
    }
    if (memoryVersion === 1) {
      const text = 'On cgroup v1 the kubelet takes NoSwap instead: pods use none.'
      return { ...about, severity: 'warning', text }
    }
    if (swapTotalKib === 0) return { ...about, severity: 'note', text: 'Without effect: there is no swap.' }
    const text =
      'Containers of Burstable pods with a request below their limit may swap, by the share of their request of the node’s memory; others not.'
    return { ...about, severity: 'ok', text }
  },
}

export const failCgroupV1: KubeletCheck = {
  name: 'failCgroupV1',
  sound: 'true, the default since 1.35, on cgroup v2',
  source: 'Kubernetes KEP-5573; kubelet, pkg/kubelet/apis/config/validation/validation_linux.go',
  judge({ failCgroupV1: fails }, { cgroups: { memoryVersion } }) {
    const about = { value: isYes(fails), figures: { failCgroupV1: fails, memoryVersion } }
    if (memoryVersion !== 1) return { ...about, severity: 'ok', text: 'Without effect: this is not cgroup v1.' }
    if (!fails) return { ...about, severity: 'ok', text: 'The kubelet starts on cgroup v1, as long as it knows it.' }
    const text = 'This is cgroup v1: since 1.35 the kubelet does not start.'
    return { ...about, severity: 'warning', text }
  },
}

export const singleProcessOomKill: KubeletCheck = {
  name: 'singleProcessOOMKill',
  sound: 'false, the default, on cgroup v2; true or nothing on v1',
  source:
    'Kubernetes 1.32, pull request 126096; kubelet, pkg/kubelet/kubelet.go, NewMainKubelet, and pkg/kubelet/apis/config/validation/validation_linux.go',
  judge({ singleProcessOomKill: single }, { cgroups: { memoryVersion } }) {
    const figures = { singleProcessOOMKill: single, memoryVersion }
    const isV1 = memoryVersion === 1
    const value = single === undefined ? `not set (${isYes(isV1)})` : isYes(single)
    if (isV1) {
      if (single === false)
        return { value, severity: 'warning', text: `${REFUSES} cgroup v1 has no memory.oom.group.`, figures }
      const text = 'The kernel takes one process of a container; cgroup v1 can do no other.'
      return { value, severity: 'ok', text, figures }
    }
    if (single === true) {
      const text =
        'The kernel takes one process of a container, and the others go on without it: unless it is the first one, Kubernetes shows nothing of the kill.'
      return { value, severity: 'warning', text, figures }
    }
    const text = 'A container dies as a whole (memory.oom.group), and Kubernetes says OOMKilled.'
    return { value, severity: 'ok', text, figures }
  },
}

export const kernelDefaults: KubeletCheck = {
  name: 'protectKernelDefaults',
  sound: 'false: the kubelet sets what it needs; or true with all of that set already',
  source: 'kubelet, pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables',
  judge({ protectKernelDefaults: isProtected }, { sysctls }) {
    const { overcommitMemory, panicOnOom, panicSeconds, panicOnOops } = sysctls
    const about = {
      value: isYes(isProtected),
      figures: { protectKernelDefaults: isProtected, overcommitMemory, panicOnOom, panicSeconds, panicOnOops },
    }
    if (!isProtected) return { ...about, severity: 'ok', text: 'The kubelet sets these itself when it starts.' }
    const wanted = [
      ['vm.overcommit_memory', overcommitMemory, 1],
      ['vm.panic_on_oom', panicOnOom, 0],
      ['kernel.panic', panicSeconds, 10],
      ['kernel.panic_on_oops', panicOnOops, 1],
    ] as const
    const others = wanted.filter(([, value, want]) => value !== undefined && value !== want)
    if (others.length === 0) return { ...about, severity: 'ok', text: 'All that the kubelet wants is set.' }
    const list = others.map(([name, value, want]) => `${name} is ${value}, not ${want}`).join('; ')
    return { ...about, severity: 'warning', text: `The kubelet does not start again: ${list}.` }
  },
}

export const cgroupDriver: KubeletCheck = {
  name: 'cgroupDriver',
  sound: 'systemd where systemd runs the node, as the runtime; cgroupfs elsewhere',
  source:
    'Kubernetes, "Container Runtimes", cgroup drivers; KEP-4033; kubelet, cmd/kubelet/app/server.go, getCgroupDriverFromCRI',
  judge({ cgroupDriver: driver }, { hasSystemd }) {
    const about = { value: driver, figures: { hasSystemd } }
    // What is not systemd is cgroupfs to the kubelet (pkg/kubelet/cm/cgroup_manager_linux.go, newCgroupCommon).
    const isSystemd = driver === 'systemd'
    if (!isSystemd && hasSystemd) {
      const text =
        'systemd runs this node: two have the say over cgroups, and limits may be undone under pressure. Without effect where the runtime tells the kubelet its driver (containerd 2.0, CRI-O 1.28).'
      return { ...about, severity: 'warning', text }
    }
    if (isSystemd && !hasSystemd) {
      const text = 'systemd does not run this node: the kubelet cannot make the cgroups of pods with it.'
      return { ...about, severity: 'warning', text }
    }
    return { ...about, severity: 'ok', text: 'One has the say over cgroups.' }
  },
}
