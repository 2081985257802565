import type { CgroupStat } from '#kernel/memory/cgroupStat.ts'
import type { MachineMemory } from '#kernel/memory/machineMemory.ts'

/** A share of the memory by what it is used for. `unaccounted` is what no line accounts for. */
export interface MemoryKind {
  kind: MemoryKindName
  kib: number
}

export type MemoryKindName =
  | 'anonymous'
  | 'anonymousAndFile'
  | 'file'
  | 'shmem'
  | 'unevictable'
  | 'slab'
  | 'slabReclaimable'
  | 'slabUnreclaimable'
  | 'pageTables'
  | 'kernelStacks'
  | 'percpu'
  | 'vmalloc'
  | 'sockets'
  | 'hugepages'
  | 'kernelMisc'
  | 'free'
  | 'reserved'
  | 'unaccounted'
  /** Of some nodes: slab is printed for the machine. */
  | 'slabOrUnaccounted'

/** As they stand in a sentence and beside a bar. */
export const KIND_NAMES: Readonly<Record<MemoryKindName, string>> = {
  anonymous: 'anonymous memory',
  anonymousAndFile: 'anonymous and file',
  file: 'file cache',
  shmem: 'shmem and tmpfs',
  unevictable: 'unevictable',
  slab: 'kernel slab',
  slabReclaimable: 'reclaimable slab',
  slabUnreclaimable: 'unreclaimable slab',
  pageTables: 'page tables',
  kernelStacks: 'kernel stacks',
  percpu: 'per-CPU data',
  vmalloc: 'vmalloc',
  sockets: 'socket buffers',
  hugepages: 'hugepages',
  kernelMisc: 'other kernel',
  free: 'free',
  reserved: 'reserved at boot',
  unaccounted: 'unaccounted for',
  slabOrUnaccounted: 'slab or unaccounted',
}

/**
 * The machine's RAM by kind. The anonymous lists hold shmem too, which is taken out of them; what is locked stands in
 * the unevictable list, whatever it is. Source: mm/show_mem.c, show_free_areas.
 */
export function machineKinds(memory: MachineMemory, pageKib: number): MemoryKind[] {
  const { totals } = memory
  const pages = (...counts: (number | undefined)[]) => sumKnown(counts, pageKib)
  const kinds = listKnown({
    anonymous: less(
      pages(totals.activeAnonPages, totals.inactiveAnonPages, totals.isolatedAnonPages),
      pages(totals.shmemPages),
    ),
    anonymousAndFile: pages(totals.activePages, totals.inactivePages),
    file: pages(totals.activeFilePages, totals.inactiveFilePages, totals.isolatedFilePages),
    shmem: pages(totals.shmemPages),
    unevictable: pages(totals.unevictablePages),
    slab: pages(totals.slabPages),
    slabReclaimable: pages(totals.slabReclaimablePages),
    slabUnreclaimable: pages(totals.slabUnreclaimablePages),
    pageTables: pages(totals.pagetablesPages, totals.secPagetablesPages),
    kernelStacks: kernelStacksKib(memory),
    hugepages: hugepagesKib(memory.hugepages),
    kernelMisc: pages(totals.kernelMiscReclaimablePages, totals.bouncePages),
    free: pages(totals.freePages, totals.freePcpPages),
    reserved: pages(memory.reservedPages),
  })
  // A line that the log lost is not memory that is lost.
  const lists = totals.activeAnonPages ?? totals.activePages
  const slab = totals.slabUnreclaimablePages ?? totals.slabPages
  const isWhole = lists !== undefined && slab !== undefined && totals.freePages !== undefined
  return withUnaccounted(kinds, pages(memory.ramPages), isWhole)
}

/** A cgroup's memory by kind, from memory.stat of either version. Source: mm/memcontrol.c, memory_stats (6.18). */
export function cgroupKinds(stat: CgroupStat, usageKib: number | undefined): MemoryKind[] {
  const of = (...names: string[]) => {
    const bytes = names.map((name) => stat.get(name)).find((value) => value !== undefined)
    return bytes === undefined ? undefined : Math.round(bytes / 1024)
  }
  const shmem = of('total_shmem', 'shmem')
  const kinds = listKnown({
    anonymous: of('anon', 'total_rss', 'rss'),
    // Both versions count shmem with the files.
    file: less(of('file', 'total_cache', 'cache'), shmem),
    shmem,
    slabReclaimable: of('slab_reclaimable'),
    slabUnreclaimable: of('slab_unreclaimable'),
    pageTables: sumKnown([of('pagetables'), of('sec_pagetables')]),
    kernelStacks: of('kernel_stack'),
    percpu: of('percpu'),
    vmalloc: of('vmalloc'),
    sockets: of('sock'),
  })
  return withUnaccounted(kinds, usageKib, stat.size > 0)
}

export function hugepagesKib(hugepages: MachineMemory['hugepages']): number | undefined {
  return sumKnown(hugepages.map(({ total, sizeKib }) => total * sizeKib))
}

/** Zones had it to 4.7, nodes have it since. */
function kernelStacksKib({ zones, nodes }: MachineMemory): number | undefined {
  return (
    sumKnown(nodes.map(({ kernelStackKib }) => kernelStackKib)) ??
    sumKnown(zones.map(({ kernelStackKib }) => kernelStackKib))
  )
}

export function listKnown(kinds: Partial<Record<MemoryKindName, number | undefined>>): MemoryKind[] {
  return Object.entries(kinds).flatMap(([kind, kib]) =>
    kib === undefined ? [] : [{ kind: kind as MemoryKindName, kib }],
  )
}

function withUnaccounted(kinds: readonly MemoryKind[], wholeKib: number | undefined, isWhole: boolean): MemoryKind[] {
  if (wholeKib === undefined || !isWhole) return [...kinds]
  const rest = kinds.reduce((kib, one) => kib - one.kib, wholeKib)
  // Counters that lag behind add up to more than all: then nothing is known to be missing.
  return rest < 0 ? [...kinds] : [...kinds, { kind: 'unaccounted', kib: rest }]
}

/** The sum of what is known; undefined where nothing is. */
export function sumKnown(counts: readonly (number | undefined)[], unit = 1): number | undefined {
  const known = counts.filter((count) => count !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, count) => sum + count * unit, 0)
}

export function less(whole: number | undefined, part: number | undefined): number | undefined {
  return whole === undefined ? undefined : Math.max(0, whole - (part ?? 0))
}
