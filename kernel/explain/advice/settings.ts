import { partOf } from '../facts.ts'
import { formatKib, formatShare } from '../quantity.ts'
import { state } from '../statement.ts'
import { figuresOf, type AdviceRule } from './rule.ts'

/** With less to swap out, swap would have changed little. */
const SWAPPABLE_SHARE = 0.5

export const addSwap: AdviceRule = {
  action: 'add swap',
  advise({ isMemcg, wholeKib }, found) {
    const figures = figuresOf(found, 'no swap')
    const swappableKib = figures?.['swappableKib'] ?? 0
    if (isMemcg || figures === undefined || wholeKib === undefined || swappableKib < wholeKib * SWAPPABLE_SHARE)
      return undefined
    const text = `even a little lets idle parts of the ${formatKib(swappableKib)} of anonymous and shared memory go out, and gives time before the kill; there is none.`
    return state(text, figures)
  },
}

/** Less than this on other nodes would be used up at once. */
const ELSEWHERE_SHARE = 0.05

export const allowMoreNodes: AdviceRule = {
  action: 'allow more NUMA nodes',
  advise({ domain, ramKib }, { limit }) {
    const { freeElsewhereKib = 0 } = limit
    if (domain === undefined || ramKib === undefined || freeElsewhereKib < ramKib * ELSEWHERE_SHARE) return undefined
    const how =
      domain.kind === 'Cpuset'
        ? 'a cpuset.mems with more of them'
        : 'a policy with more of them (or one that only prefers: MPOL_PREFERRED_MANY, 5.15+)'
    const text = `${formatKib(freeElsewhereKib)} was free on nodes that may not be used: ${how} would have had it.`
    return state(text, { freeElsewhereKib, ramKib })
  },
}

/** Far more address space than there is memory is granted only where overcommit allows it. */
export const lessOvercommit: AdviceRule = {
  action: 'promise less memory',
  advise({ isMemcg, oomCase, ramKib, swapTotalKib }) {
    if (isMemcg || ramKib === undefined || swapTotalKib === undefined) return undefined
    const totalVmKib = oomCase.victims.reduce((most, victim) => Math.max(most, victim.totalVmKib ?? 0), 0)
    const machineKib = ramKib + swapTotalKib
    if (totalVmKib <= machineKib) return undefined
    const text = `one process has ${formatKib(totalVmKib)} of address space on ${formatKib(machineKib)} of RAM and swap: with vm.overcommit_memory=2 it is an allocation that fails, and nobody is killed.`
    return state(text, { totalVmKib, machineKib })
  },
}

/** Beyond this the allocator's reserve is memory that nobody can use. */
const MIN_FREE_SHARE = 0.05

export const lowerMinFree: AdviceRule = {
  action: 'lower min_free_kbytes',
  advise({ wholeKib }, { zones }) {
    const { minFreeKib } = zones
    if (minFreeKib === undefined || wholeKib === undefined || minFreeKib < wholeKib * MIN_FREE_SHARE) return undefined
    const text = `vm.min_free_kbytes is about ${minFreeKib}, ${formatShare(minFreeKib, wholeKib)} of RAM, and what is above it up to the high watermark is kept free too.`
    return state(text, { minFreeKib, wholeKib })
  },
}

export const raiseMinFree: AdviceRule = {
  action: 'raise min_free_kbytes',
  advise({ order = 0 }, { memory, zones }) {
    const { minFreeKib } = zones
    const fragmented = memory.findings.some(({ name }) => name === 'fragmentation')
    if (!fragmented || minFreeKib === undefined) return undefined
    const text = `a higher vm.min_free_kbytes (now about ${minFreeKib}) keeps larger blocks free for order ${order}; vm.compaction_proactiveness (5.9+) helps too.`
    return state(text, { minFreeKib, order })
  },
}

/** What was passed over is worth a look when it is a part of the whole that counts. */
const PASSED_OVER_SHARE = 0.1

export const reorderScores: AdviceRule = {
  action: 'look at oom_score_adj',
  advise({ processWholeKib: wholeKib }, { choice, worth }) {
    const { passedOver } = choice
    if (passedOver === undefined || wholeKib === undefined) return undefined
    if (passedOver.heldKib < wholeKib * PASSED_OVER_SHARE) return undefined
    const { command, ...figures } = passedOver
    const { pid, heldKib, oomScoreAdj, victimOomScoreAdj } = figures
    const freed = worth.freedKib === undefined ? '' : `the kill freed ${formatKib(worth.freedKib)}, while `
    const text = `${freed}${command} (pid ${pid}) with ${formatKib(heldKib)} stands behind it by oom_score_adj, ${oomScoreAdj} against ${victimOomScoreAdj}.`
    return state(text, { ...figures, freedKib: worth.freedKib })
  },
}

export const liftExemption: AdviceRule = {
  action: 'take the exemption back',
  advise(facts) {
    const { dump, pageKib, processWholeKib: wholeKib } = facts
    const exempt = dump.tasks.filter(({ oomScoreAdj }) => oomScoreAdj === -1000)
    const [largest] = exempt.toSorted((a, b) => b.rssPages - a.rssPages)
    const heldKib = (largest?.rssPages ?? 0) * pageKib
    if (largest === undefined || wholeKib === undefined || heldKib < wholeKib * PASSED_OVER_SHARE) return undefined
    const { command, pid } = largest
    const text = `${command} (pid ${pid}) holds ${partOf(facts, heldKib)} and cannot be chosen at oom_score_adj −1000: −999 puts it behind nearly everything, and leaves the kernel a way out.`
    return state(text, { pid, heldKib, wholeKib, oomScoreAdj: -1000 })
  },
}
