import { EXHAUST, FREE, NODE_FREE, SMALL, SWAP, SWAP_ON, TWO_NODES, type Kill } from './kill.ts'

/** The machine's memory is exhausted, or that of a part of it. Never to be tried on a machine that is not thrown away. */
export const GLOBAL_KILLS: readonly Kill[] = [
  {
    name: 'global',
    machine: SMALL,
    script: `${FREE}
start helper 8
start holder $((free * 55 / 100))
holds helper
holds holder
eats tail /dev/zero
wait $! || sleep 1`,
  },
  {
    name: 'global-allocating-task',
    machine: SMALL,
    // A shell that looks whether it is done would ask for memory too.
    script: `
echo 1 > /proc/sys/vm/oom_kill_allocating_task
${EXHAUST}
wait $! || sleep 1`,
  },
  {
    name: 'global-no-task-dump',
    machine: SMALL,
    script: `
echo 0 > /proc/sys/vm/oom_dump_tasks
${EXHAUST}
killed`,
  },
  {
    name: 'global-order-2',
    machine: SMALL,
    // 64 of these pipes are a MiB.
    script: `${FREE}
start holder $((free * 55 / 100))
holds holder
eats pipes $((free * 50 / 100 * 64))
killed`,
  },
  {
    name: 'global-shmem',
    machine: SMALL,
    script: `${FREE}
mkdir /scratch
mount -t tmpfs -o size=100% scratch /scratch
dd if=/dev/zero of=/scratch/cache bs=1M count=$((free * 60 / 100))
start helper 8
holds helper
start eater $((free * 50 / 100))
killed`,
  },
  {
    name: 'global-hugepages',
    machine: SMALL,
    script: `${FREE}
echo $((free * 30 / 100)) > /proc/sys/vm/nr_hugepages
start helper 8
holds helper
start eater $((free * 50 / 100))
killed`,
  },
  {
    name: 'global-swap-full',
    machine: SWAP,
    script: `${SWAP_ON}${FREE}
start holder $((free * 60 / 100))
holds holder
start eater $((free * 50 / 100 + 64))
killed`,
  },
  {
    name: 'global-panic',
    machine: SMALL,
    panics: true,
    script: `
echo 1 > /proc/sys/vm/panic_on_oom
${EXHAUST}
wait $!`,
  },
  {
    name: 'sysrq',
    machine: SMALL,
    script: `
start helper 8
start holder 40
holds helper
holds holder
echo f > /proc/sysrq-trigger
killed`,
  },
  {
    name: 'cpuset',
    machine: TWO_NODES,
    script: `
mkdir batch
echo 1 > batch/cpuset.mems
${NODE_FREE}
start outside 20
holds outside
IN=batch start holder $((free * 55 / 100))
holds holder
IN=batch start eater $((free * 50 / 100))
killed`,
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
killed`,
  },
]
