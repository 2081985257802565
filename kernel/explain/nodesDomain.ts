import { nodesConstraint, parseNodeList } from '#kernel/badness/badness.ts'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { MachineMemory } from '#kernel/memory/machineMemory.ts'
import type { MemoryNode } from '#kernel/memory/node.ts'
import type { Zone } from '#kernel/memory/zone.ts'
import { hugepagesKib, less, listKnown, sumKnown, type MemoryKind } from './memoryKinds.ts'

/** The NUMA nodes that a kill is about, where it is not about the machine. */
export interface NodesDomain {
  kind: 'Cpuset' | 'MemoryPolicy'
  /** undefined where the dump does not list them. */
  nodes: ReadonlySet<number> | undefined
}

/** What some of the nodes have and hold. */
export interface NodesMemory {
  /** Managed by the allocator; present where that is not printed (before 3.10). */
  wholeKib: number
  freeKib: number
  kinds: readonly MemoryKind[]
}

/** @returns undefined where all nodes could be asked. Source: mm/oom_kill.c, constrained_alloc (6.18). */
export function nodesDomainOf(dump: OomDump, { zones, hugepages }: MachineMemory): NodesDomain | undefined {
  const [policy, allowed] = [nodesIn(dump.nodemask), nodesIn(dump.memsAllowed)]
  // The zones of other nodes may be left out; their huge pages are listed all the same.
  const isOther = (node: number | undefined) => node !== undefined && allowed?.has(node) === false
  const kind = nodesConstraint(dump, () => [...zones, ...hugepages].some(({ node }) => isOther(node)))
  if (kind === undefined) return undefined
  if (kind === 'Cpuset') return { kind, nodes: allowed }
  // The allocator asks no node that the cpuset leaves out, whatever the policy says.
  return { kind, nodes: policy && allowed ? both(policy, allowed) : policy }
}

function both(one: ReadonlySet<number>, other: ReadonlySet<number>): ReadonlySet<number> {
  return new Set([...one].filter((node) => other.has(node)))
}

function nodesIn(list: string | undefined): ReadonlySet<number> | undefined {
  const nodes = list === undefined ? undefined : parseNodeList(list)
  return nodes === undefined || nodes.size === 0 ? undefined : nodes
}

/**
 * By the lines of these nodes and their zones. The totals at the head of Mem-Info are the machine's, and slab is printed
 * by zone to 4.12 only: since then it is in what is left. Source: mm/show_mem.c, show_free_areas (6.18).
 * @returns undefined where a line of one of them is missing
 */
export function memoryOfNodes(memory: MachineMemory, nodes: ReadonlySet<number>): NodesMemory | undefined {
  const zones = memory.zones.filter(({ node }) => nodes.has(node))
  const lines = memory.nodes.filter(({ node }) => nodes.has(node))
  const wholeKib = sumAll(zones.map(({ managedKib, presentKib }) => managedKib ?? presentKib))
  const freeKib = sumAll(zones.map((zone) => zone.freeKib))
  const isPrinted = [...nodes].every((node) => zones.some((zone) => zone.node === node))
  if (!isPrinted || !wholeKib || freeKib === undefined) return undefined

  const ofZones = (field: keyof Zone & `${string}Kib`) => sumAll(zones.map((zone) => zone[field]))
  const of = (field: keyof Zone & keyof MemoryNode & `${string}Kib`) =>
    (lines.length === nodes.size ? sumAll(lines.map((line) => line[field])) : undefined) ?? ofZones(field)
  const anonKib = sumAll([of('activeAnonKib'), of('inactiveAnonKib')])
  const shmemKib = of('shmemKib')
  const slabKib = ofZones('slabUnreclaimableKib')
  const kinds = listKnown({
    anonymous: less(sumKnown([anonKib, of('isolatedAnonKib')]), shmemKib),
    file: sumKnown([of('activeFileKib'), of('inactiveFileKib'), of('isolatedFileKib')]),
    shmem: shmemKib,
    unevictable: of('unevictableKib'),
    slabReclaimable: ofZones('slabReclaimableKib'),
    slabUnreclaimable: slabKib,
    pageTables: sumKnown([of('pagetablesKib'), sumAll(lines.map((line) => line.secPagetablesKib))]),
    kernelStacks: of('kernelStackKib'),
    hugepages: hugepagesKib(memory.hugepages.filter(({ node }) => nodes.has(node))),
    free: sumKnown([freeKib, ofZones('freePcpKib')]),
  })
  const restKib = kinds.reduce((kib, one) => kib - one.kib, wholeKib)
  if (anonKib !== undefined && restKib >= 0)
    kinds.push({ kind: slabKib === undefined ? 'slabOrUnaccounted' : 'unaccounted', kib: restKib })
  return { wholeKib, freeKib, kinds }
}

/** undefined where one is: then their sum is not known. */
function sumAll(counts: readonly (number | undefined)[]): number | undefined {
  return counts.includes(undefined) ? undefined : sumKnown(counts)
}
