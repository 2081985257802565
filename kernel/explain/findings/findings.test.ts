import { describe, expect, it } from '@jest/globals'
import { announce, factsOf, HEAD, killOf, machine, partOfRam, processes, row, TABLE } from '../facts.testkit.ts'
import { findAll, FINDING_CHECKS } from './findings.ts'

function inCgroup(limitKib: number, command: string, anonKib: number, totalVmKib: number): string[] {
  return [
    ...HEAD,
    `memory: usage ${limitKib}kB, limit ${limitKib}kB, failcnt 9`,
    announce('CONSTRAINT_MEMCG', 'oom_memcg=/a,task_memcg=/a'),
    killOf(7, command, anonKib, totalVmKib).replace('Out of memory', 'Memory cgroup out of memory'),
  ]
}

const GIB = 1024 * 1024
const hugepages = (total: number, free: number) =>
  `Node 0 hugepages_total=${total} hugepages_free=${free} hugepages_surp=0 hugepages_size=2048kB`
const normal = (blocks: string) => [
  'app invoked oom-killer: gfp_mask=0xdc0(GFP_KERNEL|__GFP_ZERO), order=2, oom_score_adj=0',
  'CPU: 0 UID: 0 PID: 7 Comm: app Not tainted 6.12.0 #1',
  'Node 0 Normal free:90000kB min:20000kB low:25000kB high:30000kB present:4000000kB managed:4000000kB',
  `Node 0 Normal: ${blocks} = 90000kB`,
]

/** Each finding with a dump that shows it and a near miss that must not. */
const EXAMPLES: Readonly<Record<string, { shows: string[]; not: string[]; says: RegExp }>> = {
  fragmentation: {
    shows: normal('22500*4kB (UME) 0*8kB 0*16kB 0*32kB'),
    not: normal('22000*4kB (UME) 0*8kB 1*16kB (U) 0*32kB'),
    says: /^87.9 MiB was free, but not 16 KiB in one piece \(order 2\)/,
  },
  'kernel slab leak': {
    shows: machine({ slabUnreclaimable: partOfRam(0.3) }),
    // Slab that can be reclaimed is a cache.
    not: machine({ slabUnreclaimable: partOfRam(0.2), slabReclaimable: partOfRam(0.4) }),
    says: /^1.2 GiB of 4 GiB is unreclaimable kernel slab/,
  },
  'memory limit below the runtime’s heap': {
    shows: inCgroup(2 * GIB, 'java', 1.9 * GIB, 8 * GIB),
    // A JVM that reserved no more than fits: it grew outside of its heap.
    not: inCgroup(4 * GIB, 'java', 3.9 * GIB, 7 * GIB),
    says: /^The limit of 2 GiB is below what the JVM may use: of the 8 GiB that it reserved about 4 GiB or more is its heap/,
  },
  'hugepage reservation': {
    shows: machine({}, hugepages(1024, 1000)),
    not: machine({}, hugepages(400, 400)),
    says: /^1024 hugepages set 2 GiB of 4 GiB \(50 %\) aside; 2 GiB of that nobody uses/,
  },
  'fork bomb': {
    shows: machine({}, ...processes(250, 10, () => 'bomb')),
    // As many beside a third as many others: a pool of workers.
    not: machine({}, ...processes(340, 10, (at) => (at < 250 ? 'worker' : `p${at}`))),
    says: /^250 processes of 250 are bomb/,
  },
  'one giant': {
    shows: machine({}, TABLE, row(7, 'giant', partOfRam(0.6))),
    not: machine({}, TABLE, row(7, 'giant', partOfRam(0.3)), row(8, 'giant', partOfRam(0.3))),
    says: /^giant \(pid 7\) holds most of the memory: 2.4 GiB of 4 GiB \(60 %\)/,
  },
  'tmpfs or shared memory': {
    shows: machine({ shmem: partOfRam(0.4) }),
    not: machine({ shmem: partOfRam(0.2), anon: partOfRam(0.6) }),
    says: /^1.6 GiB of 4 GiB \(40 %\) is shared memory/,
  },
  'locked memory': {
    shows: machine({ unevictable: partOfRam(0.3) }),
    not: machine({ unevictable: partOfRam(0.2) }),
    says: /^1.2 GiB of 4 GiB \(30 %\) is locked/,
  },
  'page-table bloat': {
    shows: machine({ pagetables: partOfRam(0.2) }),
    not: machine({ pagetables: partOfRam(0.05) }),
    says: /^819 MiB of 4 GiB \(20 %\) is page tables/,
  },
  'memory that no line accounts for': {
    shows: machine({ anon: partOfRam(0.3) }),
    not: machine({ anon: partOfRam(0.85) }),
    says: /^2.8 GiB of 4 GiB \(69 %\) stands in no line/,
  },
  'many small processes': {
    shows: machine({}, ...processes(100, partOfRam(0.007))),
    // The same, but for one of them that is large.
    not: machine({}, ...processes(100, partOfRam(0.005)), row(7, 'large', partOfRam(0.2))),
    says: /^100 processes together hold 2.8 GiB of 4 GiB \(70 %\), the largest of them 28.7 MiB/,
  },
  'swap full': {
    shows: machine({ swapTotalKib: 2_000_000, swapFreeKib: 1000 }),
    not: machine({ swapTotalKib: 2_000_000, swapFreeKib: 100_000 }),
    says: /^Only 1000 KiB of 1.9 GiB swap is free/,
  },
  'no swap': {
    shows: machine({ anon: partOfRam(0.8), swapTotalKib: 0, swapFreeKib: 0 }),
    not: machine({ anon: partOfRam(0.8), swapTotalKib: 4, swapFreeKib: 4 }),
    says: /^3.2 GiB of anonymous and shared memory had nowhere to go: there is no swap/,
  },
}

describe('findings', () => {
  it('have an example each', () => {
    expect(FINDING_CHECKS.map(({ name }) => name)).toEqual(Object.keys(EXAMPLES))
  })

  it.each(Object.keys(EXAMPLES))('%s is found in a dump that shows it, with its numbers', (name) => {
    const { shows = [], says = /^$/ } = EXAMPLES[name] ?? {}
    const found = findAll(factsOf(shows)).find((finding) => finding.name === name)
    expect(found?.text).toMatch(says)
    expect(Object.values(found?.figures ?? {}).some((figure) => typeof figure === 'number')).toBe(true)
  })

  it.each(Object.keys(EXAMPLES))('%s is not found in a near miss', (name) => {
    expect(findAll(factsOf(EXAMPLES[name]?.not ?? [])).map((finding) => finding.name)).not.toContain(name)
  })

  it('finds nothing in nothing', () => {
    expect(findAll(factsOf([]))).toEqual([])
  })

  it('names the slab cache that is the largest, where the table was printed', () => {
    const rows = ['small_cache   10KB   20KB', 'kmalloc-64   900000KB   1000000KB']
    const [found] = findAll(factsOf(machine({ slabUnreclaimable: partOfRam(0.3) }), rows))
    expect(found?.text).toContain('977 MiB of it kmalloc-64')
  })

  it('says that no swap is free where none is', () => {
    const [full] = findAll(factsOf(machine({ swapTotalKib: 65_536, swapFreeKib: 0 }))).filter(
      ({ name }) => name === 'swap full',
    )
    expect(full?.text).toBe('All 64 MiB of swap are in use.')
  })

  it.each([
    ['another runtime, which reserves what it never uses', 'node', 2 * GIB, 1.9 * GIB, 40 * GIB],
    // OpenJDK 17 with -Xmx128m: what is not its heap is 2.5 GiB.
    ['a JVM with a small heap and the usual rest', 'java', 0.5 * GIB, 0.45 * GIB, 2_914_364],
    // OpenJDK 17 with -Xmx1g -XX:+UseZGC; its heap is shared memory.
    ['a JVM with ZGC, which reserves many times its heap', 'java', 2 * GIB, 1.9 * GIB, 61_313_972],
  ])('does not take the address space of %s for a heap', (_what, command, limitKib, anonKib, totalVmKib) => {
    const names = findAll(factsOf(inCgroup(limitKib, command, anonKib, totalVmKib))).map(({ name }) => name)
    expect(names).not.toContain('memory limit below the runtime’s heap')
  })
})
