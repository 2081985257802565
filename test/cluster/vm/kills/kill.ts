import type { KernelSeries } from '../kernel.ts'
import type { MachineSpec } from '../qemu.ts'

/** A way to have the kernel kill, and the machine it is done on. */
export interface Kill {
  name: string
  machine: MachineSpec
  /** Kernels of which Debian has built what it takes; all if not given. */
  series?: readonly KernelSeries[]
  script: string
  /** Nobody is killed: the kernel panics, which leaves its console's text in place of records. */
  panics?: boolean
}

export const SMALL: MachineSpec = { memoryMib: 256, cgroup: 'v2' }
export const SWAP: MachineSpec = { ...SMALL, swapMib: 64 }
export const TWO_NODES: MachineSpec = { memoryMib: 384, cgroup: 'v2', nodes: 2 }

/**
 * `start NAME MIB` starts a hog in the background, with ADJ its oom_score_adj and IN its cgroup, and with VIA another
 * program before it; `holds NAME` waits until it has what it takes. `eats PROGRAM …` starts anything else that may be
 * killed. `killed` waits for the first kill and for what the kernel says after it.
 */
export const SHELL = `
cd /sys/fs/cgroup
start() {
  (
    if [ -n "$IN" ]; then echo 0 > "$IN/cgroup.procs"; fi
    echo "\${ADJ:-0}" > /proc/self/oom_score_adj
    exec $VIA /bin/hog --mib "$2" --name "$1" > "/tmp/$1" 2>&1
  ) &
}
holds() { until grep -qs holding "/tmp/$1"; do sleep 0.1; done; }
eats() { (echo 0 > /proc/self/oom_score_adj; exec "$@" > "/tmp/$1" 2>&1) & }
killed() { until grep -q '^oom_kill [1-9]' /proc/vmstat; do sleep 0.1; done; sleep 1; }
`

/** A cgroup with a limit, and the one below it where the processes are. */
export const LIMIT = `
mkdir shop shop/cart
echo +memory > shop/cgroup.subtree_control
echo 64M > shop/memory.max
`

export const SWAP_ON = `
mkswap /dev/nvme0n1
swapon /dev/nvme0n1
`

/** What the machine or its second node has left, MiB. */
export const FREE = `
free=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
`
export const NODE_FREE = `
free=$(awk '/MemFree/ { print int($4 / 1024) }' /sys/devices/system/node/node1/meminfo)
`

/** Together they ask for a little more than there is: one kill is enough. */
export const EXHAUST = `${FREE}
start helper 8
start holder $((free * 55 / 100))
holds helper
holds holder
start eater $((free * 50 / 100))
`
