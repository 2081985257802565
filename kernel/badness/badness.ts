import { exactInteger } from '#kernel/dump/number.ts'
import type { OomCgroup, OomDump, OomTask } from '#kernel/dump/oomDump.ts'
import { badnessEra, type BadnessEra } from './era.ts'

/** A task with its points, in pages; negative for one that oom_score_adj puts below an empty one. */
export interface RankedTask extends OomTask {
  badnessPages: number
}

export interface BadnessOptions {
  /** What the scores are relative to (see totalPages); unknown counts oom_score_adj as 0, but for −1000. */
  totalPages: number | undefined
  /** Chooses the formula; unknown takes it from the table's columns. */
  kernelRelease?: string | undefined
  /** 4 where unknown. */
  pageSizeKib?: number | undefined
}

const DEFAULT_PAGE_KIB = 4

/**
 * The tasks that could be killed in the order the kernel would choose them, the first being its choice; those at −1000
 * and the machine's init are left out, as the kernel leaves them out. `tasks` in the table's order, which is the order
 * the kernel evaluates in: it decides between equals.
 * Source: mm/oom_kill.c, oom_badness (4.17+ here; eras in era.ts), oom_evaluate_task (`points < chosen_points`, 6.18).
 */
export function rankByBadness(tasks: readonly OomTask[], options: BadnessOptions): RankedTask[] {
  const era = badnessEra(options.kernelRelease, tasks)
  const pageBytes = (options.pageSizeKib ?? DEFAULT_PAGE_KIB) * 1024
  const perThousand = Math.floor((options.totalPages ?? 0) / 1000)
  const ranked: RankedTask[] = []
  for (const task of tasks) {
    if (task.oomScoreAdj === -1000 || task.tgid === 1) continue
    ranked.push({ ...task, badnessPages: badnessPages(task, era, pageBytes, perThousand) })
  }
  // sort is stable: reversed first, the last of equals leads.
  if (era.lastOfEquals) ranked.reverse()
  return ranked.sort((a, b) => b.badnessPages - a.badnessPages)
}

function badnessPages(task: OomTask, era: BadnessEra, pageBytes: number, perThousand: number): number {
  let adj = task.oomScoreAdj ?? 0
  let points = task.rssPages + (task.swapPages ?? 0) + pageTablePages(task, pageBytes)
  // The table tells the user, not the capability; root has it unless it was taken away.
  if (task.uid === 0 && era.rootBonus === 'ofTotal') adj -= 30
  if (task.uid === 0 && era.rootBonus === 'ofOwn') points -= Math.floor((points * 3) / 100)
  points += adj * perThousand
  return era.floorsAtOne ? Math.max(1, points) : points
}

function pageTablePages(task: OomTask, pageBytes: number): number {
  if (task.pgtablesBytes !== undefined) return Math.floor(task.pgtablesBytes / pageBytes)
  return (task.nrPtesPages ?? 0) + (task.nrPmdsPages ?? 0)
}

/**
 * The pages that oom_score_adj is a share of. A cgroup: its own maximum, and of swap what it may use and the machine
 * has. A cpuset or memory policy: its nodes and all swap. Otherwise RAM less what is reserved, and swap.
 * Sources: mm/oom_kill.c, constrained_alloc; mm/memcontrol.c, mem_cgroup_get_max (6.18).
 * @param machineSwapKib the machine's swap where the dump does not tell it, as a cgroup's never does; none if not given
 * @returns undefined where the dump lacks the numbers
 */
export function totalPages(dump: OomDump, machineSwapKib = 0): number | undefined {
  const pageKib = dump.pageSizeKib ?? DEFAULT_PAGE_KIB
  const swapPages = Math.floor((dump.swapTotalKib ?? machineSwapKib) / pageKib)
  if (isMemcg(dump)) return memcgTotalPages(dump.cgroup, pageKib, swapPages)

  const by = nodesConstraint(dump, (nodes) => hasOtherNodes(dump.memoryLines, nodes))
  const allowed = by === 'Cpuset' ? dump.memsAllowed : by === 'MemoryPolicy' ? dump.nodemask : undefined
  const present = allowed === undefined ? undefined : presentKib(dump.memoryLines, parseNodeList(allowed))
  if (present !== undefined) return Math.floor(present / pageKib) + swapPages
  const usablePages = dump.ramPages === undefined ? -1 : dump.ramPages - (dump.reservedPages ?? 0)
  return usablePages < 0 ? undefined : usablePages + swapPages
}

/**
 * What leaves nodes out of the kill, where it is not about the machine. Source: mm/oom_kill.c, constrained_alloc (6.18).
 * @param hasOthers whether the machine has nodes beside those of the cpuset
 */
export function nodesConstraint(
  { constraint, nodemask, memsAllowed }: OomDump,
  hasOthers: (allowed: ReadonlySet<number>) => boolean,
): 'Cpuset' | 'MemoryPolicy' | undefined {
  if (constraint === 'Cpuset' || constraint === 'MemoryPolicy') return constraint
  if (constraint !== undefined) return undefined
  // Before 5.0 it is not printed; a mask of all nodes that are allowed is none.
  if (nodemask !== undefined && nodemask !== memsAllowed) return 'MemoryPolicy'
  return memsAllowed !== undefined && hasOthers(parseNodeList(memsAllowed)) ? 'Cpuset' : undefined
}

/** The zones of other nodes may be left out (SHOW_MEM_FILTER_NODES); their huge pages are listed all the same. */
function hasOtherNodes(memoryLines: readonly string[], nodes: ReadonlySet<number>): boolean {
  return memoryLines.some((line) => {
    const node = /^Node (\d+) /.exec(line)?.[1]
    return node !== undefined && !nodes.has(Number(node))
  })
}

/** Before 5.0 the constraint is not printed, but whose limit it was. */
function isMemcg(dump: OomDump): boolean {
  return dump.constraint === undefined ? dump.cgroup.oom !== undefined : dump.constraint === 'Memcg'
}

/** The limits of the cgroup that ran out. @returns undefined where its memory limit is not told */
export function memcgTotalPages(
  { limitKib, swapLimitKib, swapIncludesMemory }: Pick<OomCgroup, 'limitKib' | 'swapLimitKib' | 'swapIncludesMemory'>,
  pageKib: number,
  machineSwapPages: number,
): number | undefined {
  if (limitKib === undefined) return undefined
  const ownSwapKib = swapIncludesMemory === true ? (swapLimitKib ?? limitKib) - limitKib : (swapLimitKib ?? 0)
  const ownSwapPages = Math.floor(Math.max(0, ownSwapKib) / pageKib)
  return Math.floor(limitKib / pageKib) + Math.min(ownSwapPages, machineSwapPages)
}

/** Present memory of the zones on these nodes; undefined where no zone tells it. */
function presentKib(memoryLines: readonly string[], nodes: ReadonlySet<number>): number | undefined {
  let sum: number | undefined
  for (const line of memoryLines) {
    const match = /^Node (\d+) \w+ free:.* present:(\d+)kB/.exec(line)
    if (match !== null && nodes.has(Number(match[1]))) sum = (sum ?? 0) + (exactInteger(match[2]) ?? 0)
  }
  return sum
}

/** include/linux/numa.h: no kernel is built for more. */
const MAX_NODES = 1024

/** `0-1,3` → 0, 1, 3. */
export function parseNodeList(text: string): Set<number> {
  const nodes = new Set<number>()
  for (const range of text.split(',')) {
    const [first = '', last = first] = range.split('-')
    for (let node = Number(first); node <= Math.min(Number(last), MAX_NODES); node++) nodes.add(node)
  }
  return nodes
}
