import { parseKernelVersion } from '#kernel/kernelVersion.ts'
import { formatCount } from '#kernel/explain/quantity.ts'
import type { NeverChosen } from '../rank/neverChosen.ts'

/** What a simulation is about, as far as it decides what it cannot know. */
export interface SimulatedFacts {
  kernelRelease: string | undefined
  /** The machine's memory runs out, not a cgroup's. */
  isNode: boolean
  totalKib: number | undefined
  panicOnOom: number | undefined
  oomKillAllocatingTask: number | undefined
  neverChosen: Pick<NeverChosen, 'protectedCount' | 'protectedCommands'>
  /** Whose memory figures are not told: their first thread has exited. */
  unknownCount: number
}

/** Something that the kernel knows or does and a simulation does not. */
export interface Caveat {
  name: string
  text: string
}

interface CaveatCheck {
  name: string
  find: (facts: SimulatedFacts) => string | undefined
}

/** Children are taken in a parent's place before 5.1: mm/oom_kill.c, oom_kill_process. */
const NO_CHILDREN_SINCE = 5001

/** All there are; what changes the answer most first. */
const CAVEATS: readonly CaveatCheck[] = [
  {
    name: 'panic',
    find({ panicOnOom = 0, isNode }) {
      if (panicOnOom === 0 || (panicOnOom === 1 && !isNode)) return undefined
      return `vm.panic_on_oom is ${panicOnOom}: the kernel would not kill, it would panic.`
    },
  },
  {
    name: 'allocating task',
    find({ oomKillAllocatingTask = 0, isNode }) {
      if (oomKillAllocatingTask === 0 || !isNode) return undefined
      return 'vm.oom_kill_allocating_task is set: who asks for memory at that moment dies, in no order.'
    },
  },
  {
    name: 'total',
    find({ totalKib }) {
      if (totalKib !== undefined) return undefined
      return 'What oom_score_adj is a share of is not known here, so that scores are not weighed.'
    },
  },
  {
    name: 'children',
    find({ kernelRelease }) {
      const version = parseKernelVersion(kernelRelease)
      if (version === undefined || version >= NO_CHILDREN_SINCE) return undefined
      return 'Before 5.1 the kernel takes a child of the victim in its place, where one has memory of its own.'
    },
  },
  {
    name: 'growth',
    find: () =>
      'Memory is as it is now. Something grows until it runs out, and will have more points by then; each kill makes room, in which others grow.',
  },
  {
    name: 'constraint',
    find: ({ isNode }) =>
      isNode
        ? 'A cpuset, a memory policy or a full zone may narrow the choice to some processes; a container at its own limit, or the kubelet’s eviction, may come first.'
        : undefined,
  },
  {
    name: 'protected',
    find({ neverChosen: { protectedCount, protectedCommands } }) {
      if (protectedCount === 0) return undefined
      const more = protectedCount > protectedCommands.length ? ', …' : ''
      const some = protectedCommands.length === 0 ? '' : ` (${protectedCommands.join(', ')}${more})`
      return `Never in line, whatever memory they hold: ${formatCount(protectedCount, 'process', 'processes')} at −1000${some}.`
    },
  },
  {
    name: 'shared memory',
    find: () =>
      'Processes that share a victim’s memory (vfork, CLONE_VM) die with it, without a line of their own. A victim that is already ending, or whose memory was reaped, is passed over.',
  },
  {
    name: 'freed',
    find: () =>
      'What a kill frees is its anonymous memory, swap and page tables; pages of files could be had without it, and shared memory and tmpfs stay.',
  },
  {
    name: 'unknown memory',
    find({ unknownCount }) {
      if (unknownCount === 0) return undefined
      return `The memory of ${formatCount(unknownCount, 'process', 'processes')} cannot be told: the first thread has exited. They are left out here, and not by the kernel.`
    },
  },
]

export function findCaveats(facts: SimulatedFacts): Caveat[] {
  return CAVEATS.flatMap(({ name, find }) => {
    const text = find(facts)
    return text === undefined ? [] : [{ name, text }]
  })
}
