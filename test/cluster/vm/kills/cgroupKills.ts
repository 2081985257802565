import { LIMIT, SMALL, SWAP, SWAP_ON, type Kill } from './kill.ts'

/** A cgroup's limit is hit. */
export const CGROUP_KILLS: readonly Kill[] = [
  {
    name: 'memcg-v2',
    machine: SMALL,
    script: `${LIMIT}
IN=shop/cart ADJ=500 start sidecar 20
holds sidecar
IN=shop/cart start eater 50
killed`,
  },
  {
    name: 'memcg-v2-group',
    machine: SMALL,
    script: `${LIMIT}
echo 1 > shop/cart/memory.oom.group
IN=shop/cart ADJ=-1000 start spared 4
IN=shop/cart start sidecar 4
holds spared
holds sidecar
IN=shop/cart start eater 80
killed`,
  },
  {
    name: 'memcg-v2-no-killable',
    machine: SMALL,
    // The kernel says so until there is room.
    script: `${LIMIT}
IN=shop/cart ADJ=-1000 start eater 80
until grep -q 'oom [1-9]' shop/memory.events; do :; done
echo max > shop/memory.max
holds eater`,
  },
  {
    name: 'memcg-v2-swap',
    machine: SWAP,
    script: `${SWAP_ON}${LIMIT}
echo 16M > shop/memory.swap.max
IN=shop/cart ADJ=200 start sidecar 24
holds sidecar
IN=shop/cart start eater 80
killed`,
  },
  {
    name: 'memcg-v1',
    machine: { ...SMALL, cgroup: 'v1' },
    series: ['6.1'],
    script: `
mkdir memory/shop
echo 64M > memory/shop/memory.limit_in_bytes
IN=memory/shop start first 36
holds first
IN=memory/shop start second 36
killed`,
  },
]
