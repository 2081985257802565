import { formatKib } from '../quantity.ts'
import { state } from '../statement.ts'
import { figuresOf, type AdviceRule } from './rule.ts'

export const findLeak: AdviceRule = {
  action: 'find the leak in the kernel',
  advise(_facts, found) {
    const figures = figuresOf(found, 'kernel slab leak')
    if (figures === undefined) return undefined
    const [largest] = found.memory.slabs
    const look =
      largest === undefined
        ? 'see which cache grows (slabtop -s c)'
        : `look at ${largest.name} (${formatKib(largest.totalKib)})`
    const text = `${look}: ${formatKib(figures['slabUnreclaimableKib'] ?? 0)} of slab is the kernel’s or a driver’s, which a newer kernel may have mended; until then only a restart frees it.`
    return state(text, figures)
  },
}

export const findUnaccounted: AdviceRule = {
  action: 'find who holds what no line accounts for',
  advise(_facts, found) {
    const figures = figuresOf(found, 'memory that no line accounts for')
    if (figures === undefined) return undefined
    const text = `compare /proc/vmallocinfo, page_owner and the drivers’ own counters: ${formatKib(figures['unaccountedKib'] ?? 0)} is in no line.`
    return state(text, figures)
  },
}

export const shrinkHugepages: AdviceRule = {
  action: 'set fewer hugepages aside',
  advise(_facts, found) {
    const figures = figuresOf(found, 'hugepage reservation')
    const freeKib = figures?.['hugepagesFreeKib'] ?? 0
    if (figures === undefined || freeKib === 0) return undefined
    return state(
      `lower vm.nr_hugepages: ${formatKib(freeKib)} of hugepages is free, and of no use to anybody else.`,
      figures,
    )
  },
}

export const mapLess: AdviceRule = {
  action: 'use fewer page tables',
  advise(_facts, found) {
    const figures = figuresOf(found, 'page-table bloat')
    if (figures === undefined) return undefined
    const text = `hugepages for what many processes map, or fewer of those processes, shrink the ${formatKib(figures['pageTablesKib'] ?? 0)} of page tables.`
    return state(text, figures)
  },
}
