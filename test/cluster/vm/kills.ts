import type { KernelSeries } from './kernel.ts'
import type { MachineSpec } from './qemu.ts'

/** A way to have the kernel kill, and the machine it is done on. */
export interface Kill {
  name: string
  machine: MachineSpec
  /** Kernels of which Debian has built what it takes; all if not given. */
  series?: readonly KernelSeries[]
  script: string
}

const SMALL: MachineSpec = { memoryMib: 256, cgroup: 'v2' }
const TWO_NODES: MachineSpec = { memoryMib: 384, cgroup: 'v2', nodes: 2 }

/**
 * `start NAME MIB` starts a hog in the background, with ADJ its oom_score_adj, IN its cgroup, VIA a program before it;
 * `holds NAME` waits until it has what it takes, `killed COUNT` for so many kill lines.
 */
const PRELUDE = `
cd /sys/fs/cgroup
start() {
  (
    if [ -n "$IN" ]; then echo 0 > "$IN/cgroup.procs"; fi
    echo "\${ADJ:-0}" > /proc/self/oom_score_adj
    exec $VIA /bin/hog --mib "$2" --name "$1" > "/tmp/$1" 2>&1
  ) &
}
holds() { until grep -q holding "/tmp/$1"; do sleep 0.1; done; }
killed() { until [ "$(awk '$1 == "oom_kill" { print $2 }' /proc/vmstat)" -ge "$1" ]; do sleep 0.1; done; sleep 1; }
`

const V2_LIMIT = `
mkdir shop shop/cart
echo +memory > shop/cgroup.subtree_control
echo 64M > shop/memory.max
`

/** The eater asks for a little more than the holder leaves: one kill is enough for it, unless it is its own. */
const FREE = `free=$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)`
const EXHAUST = `
${FREE}
start helper 8
start holder $((free * 55 / 100))
holds helper
holds holder
start eater $((free * 50 / 100))
`

const NODE_FREE = `free=$(awk '/MemFree/ { print int($4 / 1024) }' /sys/devices/system/node/node1/meminfo)`

/** What each shows is told in test/fixtures/kmsg/README.md. */
const WAYS: readonly Kill[] = [
  {
    name: 'memcg-v2',
    machine: SMALL,
    script: `${V2_LIMIT}
IN=shop/cart ADJ=500 start sidecar 20
holds sidecar
IN=shop/cart start eater 50
killed 1`,
  },
  {
    name: 'memcg-v2-group',
    machine: SMALL,
    script: `${V2_LIMIT}
echo 1 > shop/cart/memory.oom.group
IN=shop/cart ADJ=-1000 start spared 4
IN=shop/cart start sidecar 4
holds spared
holds sidecar
IN=shop/cart start eater 80
killed 2`,
  },
  {
    name: 'memcg-v1',
    machine: { ...SMALL, cgroup: 'v1' },
    series: ['6.1'],
    script: `mkdir -p memory/shop
echo 64M > memory/shop/memory.limit_in_bytes
IN=memory/shop start first 36
holds first
IN=memory/shop start second 36
killed 1`,
  },
  { name: 'global', machine: SMALL, script: `${EXHAUST}killed 1` },
  {
    name: 'global-allocating-task',
    machine: SMALL,
    // A shell that looks whether it is done would ask for memory too.
    script: `echo 1 > /proc/sys/vm/oom_kill_allocating_task${EXHAUST}wait $! || sleep 1`,
  },
  { name: 'global-no-task-dump', machine: SMALL, script: `echo 0 > /proc/sys/vm/oom_dump_tasks${EXHAUST}killed 1` },
  {
    name: 'global-order-2',
    machine: SMALL,
    // 64 of these pipes are a MiB.
    script: `${FREE}
start holder $((free * 55 / 100))
holds holder
(
  echo 0 > /proc/self/oom_score_adj
  exec pipes $((free * 50 / 100 * 64)) > /tmp/pipes 2>&1
) &
killed 1`,
  },
  {
    name: 'cpuset',
    machine: TWO_NODES,
    script: `mkdir batch
echo 1 > batch/cpuset.mems
${NODE_FREE}
start outside 20
holds outside
IN=batch start holder $((free * 55 / 100))
holds holder
IN=batch start eater $((free * 50 / 100))
killed 1`,
  },
  {
    name: 'memory-policy',
    machine: TWO_NODES,
    script: `${NODE_FREE}
start anywhere 20
holds anywhere
VIA='onnode 1' start holder $((free * 55 / 100))
holds holder
VIA='onnode 1' start eater $((free * 50 / 100))
killed 1`,
  },
]

export const KILLS = WAYS.map((kill): Kill => ({ ...kill, script: PRELUDE + kill.script }))
