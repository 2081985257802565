import { describe, expect, it } from '@jest/globals'
import { explainOom } from './explainOom.ts'
import { announce, caseOf, factsOf, HEAD, killOf, machineLines, row, TABLE } from './facts.testkit.ts'

const GIB = 1024 * 1024

/** A node of 4 GiB of a 6.x kernel. */
function nodeLines(node: number, { anon = 0, shmem = 0, free = 40_000 }): string[] {
  return [
    `Node ${node} active_anon:${anon + shmem}kB inactive_anon:0kB active_file:1000kB inactive_file:500kB unevictable:0kB isolated(anon):24kB isolated(file):12kB mapped:0kB dirty:0kB writeback:0kB shmem:${shmem}kB kernel_stack:2000kB pagetables:3000kB sec_pagetables:100kB all_unreclaimable? yes`,
    `Node ${node} Normal free:${free}kB boost:0kB min:50000kB low:60000kB high:70000kB reserved_highatomic:0KB present:4194304kB managed:4000000kB mlocked:${node}kB bounce:0kB free_pcp:800kB local_pcp:0kB free_cma:0kB`,
    `Node ${node} hugepages_total=${node} hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB`,
  ]
}

function killOn(constraint: string, nodemask: string, memsAllowed: string, nodes: readonly string[]): string[] {
  return [
    ...HEAD,
    ...machineLines({ anon: 100_000, shmem: 50_000, slabUnreclaimable: 300_000, free: 500_000 }),
    ...nodes,
    TABLE,
    row(7, 'app', 900_000),
    row(8, 'guard', 700_000, -1000),
    announce(constraint)
      .replace('nodemask=(null)', `nodemask=${nodemask}`)
      .replace('mems_allowed=0', `mems_allowed=${memsAllowed}`),
    killOf(7, 'app', 3_600_000),
  ]
}

const ALL = [0, 1, 2, 3].flatMap((node) => nodeLines(node, { anon: 1_000_000 * node, shmem: 100_000 }))
const kindsOf = (lines: readonly string[]) =>
  Object.fromEntries(factsOf(lines).kinds.map(({ kind, kib }) => [kind, kib]))

describe('a kill for some NUMA nodes', () => {
  it('counts the nodes of a cpuset, whatever else was printed', () => {
    const lines = killOn('CONSTRAINT_CPUSET', '(null)', '0,2-3', ALL)
    expect(factsOf(lines).wholeKib).toBe(12_000_000)
    expect(kindsOf(lines)).toEqual({
      anonymous: 5_000_000 + 3 * 24,
      shmem: 300_000,
      file: 3 * 1512,
      unevictable: 0,
      pageTables: 3 * 3100,
      kernelStacks: 6000,
      hugepages: 5 * 2048,
      free: 3 * 40_800,
      slabOrUnaccounted: 12_000_000 - 5_000_072 - 300_000 - 4536 - 9300 - 6000 - 10_240 - 122_400,
    })
  })

  it('counts the nodes that both memory policy and cpuset allow', () => {
    expect(factsOf(killOn('CONSTRAINT_MEMORY_POLICY', '1-2', '0,2-3', ALL))).toMatchObject({
      domain: { kind: 'MemoryPolicy', nodes: new Set([2]) },
      wholeKib: 4_000_000,
    })
    expect(factsOf(killOn('CONSTRAINT_MEMORY_POLICY', '1,3', '0-3', ALL)).wholeKib).toBe(8_000_000)
  })

  it('gives shares of these nodes, and of a process none: where it has its memory is not printed', () => {
    const { limit, memory, worth, verdict, advice, zones } = explainOom(
      caseOf(killOn('CONSTRAINT_CPUSET', '(null)', '0,2-3', ALL)),
    )
    expect(limit).toMatchObject({ kind: 'Cpuset', limitKib: 12_000_000, usageKib: 11_877_600 })
    expect(limit.statements.map(({ text }) => text)).toContain('These nodes used 11.3 GiB of 11.4 GiB (99 %).')
    expect(memory).toMatchObject({ wholeKib: 12_000_000, processWholeKib: undefined, mlockedKib: 5 })
    expect(memory.statements[1]?.text).toMatch(/kernel slab is not printed: 6.2 GiB of 11.4 GiB \(55 %\) is slab, or/)
    // A giant of the machine, and no telling whether it is one here.
    expect(memory.findings.map(({ name }) => name)).not.toContain('one giant')
    expect(verdict[1]).toBe('app holds the most of all, 3.4 GiB; on which nodes is not printed.')
    expect(worth).toMatchObject({ freedKib: 3_600_064, enough: undefined, wholeKib: undefined })
    expect(worth.statements[0]?.text).toMatch(/^Killing app freed 3.4 GiB, on which nodes is not printed; /)
    expect(advice.map(({ action }) => action)).toEqual(['allow more NUMA nodes'])
    expect(zones.minFreeKib).toBeUndefined()
    expect(zones.statements.at(-1)?.text).toContain(
      'these nodes’ part of vm.min_free_kbytes, about 150000 (the zones’ min added up, 1.3 % of their memory)',
    )
  })

  it('knows that a kill that freed less than the nodes lack was not enough', () => {
    const lines = killOn('CONSTRAINT_CPUSET', '(null)', '1', nodeLines(1, {}))
    const few = lines.map((line) => line.replace('anon-rss:3600000kB', 'anon-rss:100kB'))
    expect(explainOom(caseOf(few)).worth).toMatchObject({ neededKib: 30_000, enough: false })
  })

  it.each([
    ['a node of the list has no lines', '0-1', nodeLines(1, {})],
    ['a zone’s line is cut before its size', '1', nodeLines(1, {}).map((line) => line.replace(/ present.*/, ''))],
    ['the list itself is missing', '(null)', ALL],
  ])('says that shares are unknown where %s', (_why, memsAllowed, nodes) => {
    const { limit, memory, missing } = explainOom(caseOf(killOn('CONSTRAINT_CPUSET', '(null)', memsAllowed, nodes)))
    expect(limit).toMatchObject({ kind: 'Cpuset', limitKib: undefined, usageKib: undefined })
    expect(limit.statements[1]?.text).toMatch(/^What these nodes have is not printed/)
    expect(memory).toMatchObject({ wholeKib: undefined, kinds: [] })
    expect(memory.statements[0]?.text).toBe('The dump does not say what the memory was used for.')
    expect(missing).toContain('what the nodes that may be used have')
  })

  it('reads slab and the rest by zone where the kernel printed it so (to 4.12), and a mask in the header', () => {
    const zone = (node: number) =>
      `Node ${node} Normal free:40000kB min:50000kB low:60000kB high:70000kB active_anon:${node}000000kB inactive_anon:0kB active_file:0kB inactive_file:0kB unevictable:0kB isolated(anon):0kB isolated(file):0kB present:4194304kB managed:4000000kB mlocked:0kB shmem:0kB slab_reclaimable:100kB slab_unreclaimable:1500000kB kernel_stack:200kB pagetables:300kB free_pcp:0kB`
    const lines = [
      'app invoked oom-killer: gfp_mask=0x14280ca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), nodemask=1,  order=0, oom_score_adj=0',
      'app cpuset=/ mems_allowed=0-1',
      ...machineLines({ slabUnreclaimable: 1_000_000 }),
      zone(0),
      zone(1),
      '36 pages in pagetable cache',
      'kmalloc-64   4000000KB   4100000KB',
    ]
    expect(kindsOf(lines)).toEqual({
      anonymous: 1_000_000,
      file: 0,
      shmem: 0,
      unevictable: 0,
      slabReclaimable: 100,
      slabUnreclaimable: 1_500_000,
      pageTables: 300,
      kernelStacks: 200,
      free: 40_000,
      unaccounted: 4_000_000 - 2_540_600,
    })
    const [leak] = explainOom(caseOf(lines, ['kmalloc-64   4000000KB   4100000KB'])).memory.findings
    // The slab table is the machine's: none of its caches is named.
    expect(leak?.text).toBe('1.4 GiB of 3.8 GiB is unreclaimable kernel slab: no kill gives that back.')
  })

  it('is a cpuset’s where an old kernel printed zones of nodes that are not allowed', () => {
    const zones = [0, 1].map((node) => `Node ${node} Normal free:4kB min:8kB low:10kB high:12kB present:${GIB}kB`)
    const header = 'app invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0, oom_score_adj=0'
    const of = (memsAllowed: string) => factsOf([header, `app cpuset=a mems_allowed=${memsAllowed}`, ...zones])
    expect(of('1')).toMatchObject({ domain: { kind: 'Cpuset' }, wholeKib: GIB })
    expect(of('0-1')).toMatchObject({ domain: undefined, wholeKib: 2 * GIB })
  })

  it('is none where a cgroup’s limit was hit or the killer was called by hand', () => {
    const lines = killOn('CONSTRAINT_CPUSET', '(null)', '1', ALL)
    expect(factsOf(lines.map((line) => line.replace('order=0', 'order=-1'))).domain).toBeUndefined()
    expect(factsOf(lines.map((line) => line.replace('Out of', 'Memory cgroup out of'))).domain).toBeUndefined()
  })
})
