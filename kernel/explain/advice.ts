import type { Explanation } from './explanation.ts'
import type { OomFacts } from './facts.ts'
import { kibOf } from './facts.ts'
import { formatCount, formatKib, formatShare } from './quantity.ts'
import { state, type Statement } from './statement.ts'

/** Something to do, with its reason and the numbers that support it. */
export interface Advice extends Statement {
  action: string
}

/** What the sections before found. */
export type Found = Pick<Explanation, 'asked' | 'limit' | 'zones' | 'memory' | 'choice' | 'worth'>

interface AdviceRule {
  action: string
  advise: (facts: OomFacts, found: Found) => Statement | undefined
}

function figuresOf(found: Found, name: string): Record<string, number> | undefined {
  const figures = found.memory.findings.find((finding) => finding.name === name)?.figures
  return figures === undefined ? undefined : (figures as Record<string, number>)
}

/** A reserve for the allocator beyond this is memory that nobody can use. */
const MIN_FREE_SHARE = 0.05

const findLeak: AdviceRule = {
  action: 'find the leak in the kernel',
  advise(_facts, found) {
    const figures = figuresOf(found, 'kernel slab leak')
    if (figures === undefined) return undefined
    const largest = found.memory.slabs[0]
    const cache =
      largest === undefined
        ? 'see which cache grows (slabtop -s c)'
        : `look at ${largest.name} (${formatKib(largest.totalKib)})`
    return state(
      `${cache}: ${formatKib(figures['slabUnreclaimableKib'] ?? 0)} of slab is a kernel’s or driver’s leak, which a newer kernel may have fixed; until then only a restart frees it.`,
      figures,
    )
  },
}

const heapBelowLimit: AdviceRule = {
  action: 'set the heap below the limit',
  advise(_facts, found) {
    const figures = figuresOf(found, 'memory limit below the runtime’s heap')
    if (figures === undefined) return undefined
    const limitKib = figures['limitKib'] ?? 0
    return state(
      `give the JVM -XX:MaxRAMPercentage=75 or -Xmx ${formatKib(limitKib * 0.75)}, or raise the limit above ${formatKib(figures['totalVmKib'] ?? 0)}: the limit is ${formatKib(limitKib)}.`,
      figures,
    )
  },
}

/** With memory that nothing frees, a higher limit only moves the kill. */
const raiseLimit: AdviceRule = {
  action: 'raise the limit, or use less',
  advise({ isMemcg, groups }, { limit, memory }) {
    const { limitKib, usageKib } = limit
    if (!isMemcg || limitKib === undefined || usageKib === undefined) return undefined
    if (
      memory.findings.some(
        ({ name }) => name === 'memory limit below the runtime’s heap' || name === 'tmpfs or shared memory',
      )
    )
      return undefined
    const [largest] = groups
    const holder = largest === undefined ? '' : `; ${largest.command} holds ${formatKib(largest.heldKib)}`
    return state(
      `the cgroup uses ${formatKib(usageKib)} of ${formatKib(limitKib)}${holder}: if that is what it needs the limit is too low, if it grows without end it leaks.`,
      { limitKib, usageKib, largestHeldKib: largest?.heldKib },
    )
  },
}

const boundGiant: AdviceRule = {
  action: 'give the largest process a limit',
  advise({ isMemcg, groups, wholeKib }, found) {
    const figures = figuresOf(found, 'one giant')
    if (isMemcg || figures === undefined || wholeKib === undefined) return undefined
    return state(
      `${groups[0]?.command ?? 'it'} holds ${formatKib(figures['heldKib'] ?? 0)} of ${formatKib(wholeKib)}: a heap or cgroup limit (memory.max) below that keeps its growth from the rest of the machine.`,
      figures,
    )
  },
}

const boundProcesses: AdviceRule = {
  action: 'bound the number of processes',
  advise(_facts, found) {
    const figures = figuresOf(found, 'fork bomb')
    if (figures === undefined) return undefined
    return state(
      `set pids.max, ulimit -u or the pool’s size: ${figures['processes']} of ${figures['allProcesses']} processes are of one command.`,
      figures,
    )
  },
}

const shrinkHugepages: AdviceRule = {
  action: 'set fewer hugepages aside',
  advise(_facts, found) {
    const figures = figuresOf(found, 'hugepage reservation')
    const freeKib = figures?.['hugepagesFreeKib'] ?? 0
    if (figures === undefined || freeKib === 0) return undefined
    return state(
      `lower vm.nr_hugepages: ${formatKib(freeKib)} of hugepages is free and of no use to anybody else.`,
      figures,
    )
  },
}

const boundTmpfs: AdviceRule = {
  action: 'bound tmpfs and shared memory',
  advise(_facts, found) {
    const figures = figuresOf(found, 'tmpfs or shared memory')
    if (figures === undefined) return undefined
    return state(
      `look at df -t tmpfs and ipcs -m, and mount with size=: ${formatKib(figures['shmemKib'] ?? 0)} stays when its process is killed.`,
      figures,
    )
  },
}

const usePageTablesLess: AdviceRule = {
  action: 'use fewer page tables',
  advise(_facts, found) {
    const figures = figuresOf(found, 'page-table bloat')
    if (figures === undefined) return undefined
    return state(
      `hugepages for what many processes map, or fewer connections, shrink the ${formatKib(figures['pageTablesKib'] ?? 0)} of page tables.`,
      figures,
    )
  },
}

const addSwap: AdviceRule = {
  action: 'add swap',
  advise({ isMemcg, wholeKib }, found) {
    const figures = figuresOf(found, 'no swap')
    const swappableKib = figures?.['swappableKib'] ?? 0
    if (isMemcg || figures === undefined || wholeKib === undefined || swappableKib < wholeKib / 2) return undefined
    return state(
      `even a little swap lets idle parts of the ${formatKib(swappableKib)} of anonymous memory go out, and gives time before the kill; there is none.`,
      figures,
    )
  },
}

/** Far more address space than memory is granted only where overcommit allows it. */
const lessOvercommit: AdviceRule = {
  action: 'promise less memory',
  advise({ isMemcg, oomCase, wholeKib, swapTotalKib }) {
    if (isMemcg || wholeKib === undefined || swapTotalKib === undefined) return undefined
    const totalVmKib = Math.max(0, ...oomCase.victims.map((victim) => victim.totalVmKib ?? 0))
    const machineKib = wholeKib + swapTotalKib
    if (totalVmKib <= machineKib) return undefined
    return state(
      `one process has ${formatKib(totalVmKib)} of address space on ${formatKib(machineKib)} of RAM and swap: with vm.overcommit_memory=2 a malloc fails where now somebody is killed.`,
      { totalVmKib, machineKib },
    )
  },
}

const lowerMinFree: AdviceRule = {
  action: 'lower min_free_kbytes',
  advise({ wholeKib }, { zones }) {
    const { minFreeKib } = zones
    if (minFreeKib === undefined || wholeKib === undefined || minFreeKib < wholeKib * MIN_FREE_SHARE) return undefined
    return state(
      `vm.min_free_kbytes is about ${minFreeKib} (${formatShare(minFreeKib, wholeKib)} of RAM), and twice that may not be used: set it back.`,
      { minFreeKib, wholeKib },
    )
  },
}

const raiseMinFree: AdviceRule = {
  action: 'raise min_free_kbytes',
  advise(facts, { memory, zones }) {
    const { minFreeKib } = zones
    const fragmented = memory.findings.find(({ name }) => name === 'fragmentation')
    if (fragmented === undefined || minFreeKib === undefined) return undefined
    return state(
      `a higher vm.min_free_kbytes (now about ${minFreeKib}) keeps larger blocks free for order ${facts.dump.trigger?.order ?? 0}; vm.compaction_proactiveness (5.9+) helps too.`,
      { minFreeKib, order: facts.dump.trigger?.order },
    )
  },
}

/** A kill that frees nearly nothing while something large is passed over. */
const reorderScores: AdviceRule = {
  action: 'look at oom_score_adj',
  advise({ groups }, { choice, worth }) {
    const passed = choice.statements.find(({ text }) => text.startsWith('oom_score_adj decided'))
    if (passed === undefined || worth.freedKib === undefined || groups[0] === undefined) return undefined
    return state(
      `the kill freed ${formatKib(worth.freedKib)}, while pid ${passed.figures['pid']} with ${formatKib(Number(passed.figures['heldKib']))} is kept by oom_score_adj ${passed.figures['oomScoreAdj'] ?? 0}.`,
      { ...passed.figures, freedKib: worth.freedKib },
    )
  },
}

const findUnaccounted: AdviceRule = {
  action: 'find who holds what no line accounts for',
  advise(facts, found) {
    const figures = figuresOf(found, 'memory that no line accounts for')
    if (figures === undefined) return undefined
    return state(
      `compare /proc/meminfo and /proc/vmallocinfo, page_owner and the drivers’ own counters: ${formatKib(kibOf(facts, 'unaccounted'))} is not in any line.`,
      figures,
    )
  },
}

const fewerWorkers: AdviceRule = {
  action: 'run fewer processes',
  advise({ groups }, found) {
    const figures = figuresOf(found, 'many small processes')
    const largest = groups[0]
    if (figures === undefined || largest === undefined) return undefined
    return state(
      `${formatCount(largest.processes, 'process', 'processes')} of ${largest.command} hold ${formatKib(largest.heldKib)}: fewer of them, or more memory.`,
      { ...figures, groupProcesses: largest.processes, groupHeldKib: largest.heldKib },
    )
  },
}

/** All there are, what helps most first. */
const RULES: readonly AdviceRule[] = [
  findLeak,
  heapBelowLimit,
  raiseLimit,
  shrinkHugepages,
  boundProcesses,
  boundGiant,
  boundTmpfs,
  usePageTablesLess,
  findUnaccounted,
  fewerWorkers,
  reorderScores,
  raiseMinFree,
  lowerMinFree,
  addSwap,
  lessOvercommit,
]

export function adviseOn(facts: OomFacts, found: Found): Advice[] {
  return RULES.flatMap(({ action, advise }) => {
    const advice = advise(facts, found)
    return advice === undefined ? [] : [{ action, ...advice }]
  })
}
