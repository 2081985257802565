import type { RankScope } from '#contract/rank.ts'
import { readGroupKill } from '../cgroup/memoryFiles.ts'
import { parseSysctl } from '../proc/sysctl.ts'
import { readMachine } from '../rank/readTask.ts'
import { scanScope, type ScannedNode, type ScopeRanking } from '../rank/scan.ts'
import type { SimulatedFacts } from './caveats.ts'
import type { SimulatedDomain } from './simulation.ts'

/** Whose memory runs out, as it was found. */
export interface FoundDomain {
  domain: SimulatedDomain
  facts: SimulatedFacts
  /** The cgroup that was asked about; undefined: the node. */
  askedPath: string | undefined
  /** The cgroup whose limit it is: that one, or an ancestor; undefined: the machine's memory. */
  limitPath: string | undefined
  limitKib: number | undefined
  usageKib: number | undefined
  processCount: number
}

/**
 * Who is in line when this scope's memory runs out. A cgroup without a limit of its own does not run out: its nearest ancestor
 * that has one does, or else the machine, with all that is in there.
 * @throws ProgramError as scanScope
 */
export async function readDomain(node: ScannedNode, scope: RankScope): Promise<FoundDomain> {
  const asked = await scanScope(node, scope, Number.POSITIVE_INFINITY)
  const { cgroupPath: askedPath, limit } = asked
  const isOwn = askedPath === limit?.cgroupPath
  const ranking = isOwn ? asked : await scanScope(node, scopeOf(limit?.cgroupPath), Number.POSITIVE_INFINITY)
  const { tasks } = ranking
  return {
    domain: {
      machine: readMachine(node.files),
      totalKib: ranking.totalKib,
      tasks,
      groupOf: groupReader(node, ranking),
    },
    facts: {
      kernelRelease: ranking.kernelRelease,
      isNode: ranking.limit === undefined,
      totalKib: ranking.totalKib,
      panicOnOom: parseSysctl(node.files.readText('sys/vm/panic_on_oom') ?? ''),
      oomKillAllocatingTask: parseSysctl(node.files.readText('sys/vm/oom_kill_allocating_task') ?? ''),
      neverChosen: ranking.neverChosen,
      unknownCount: tasks.filter(({ rssKib }) => rssKib === undefined).length,
    },
    askedPath,
    limitPath: ranking.limit?.cgroupPath,
    limitKib: ranking.limit?.limitKib,
    usageKib: ranking.limit?.usageKib,
    processCount: ranking.processCount,
  }
}

function scopeOf(cgroupPath: string | undefined): RankScope {
  return cgroupPath === undefined ? { kind: 'node' } : { kind: 'cgroup', path: cgroupPath }
}

/** Reads of each cgroup once. */
function groupReader({ cgroups }: ScannedNode, { limit }: ScopeRanking): SimulatedDomain['groupOf'] {
  const groups = new Map<string, string | undefined>()
  return (path) => {
    if (!groups.has(path)) groups.set(path, readGroupKill(cgroups, path, limit?.cgroupPath))
    return groups.get(path)
  }
}
