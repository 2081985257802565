import type { Logger } from 'pino'
import type { CgroupFiles } from '#program/adapters/cgroupFiles.ts'
import type { NodeRoot } from '../cgroup/nodeRoot.ts'
import { hasHierarchy } from '../cgroup/memoryFiles.ts'
import { describeNoMemoryCgroups, SEES_NO_HOST_PROCESSES, SEES_NO_KILL_COUNT } from '../errors.ts'
import type { ProcFs } from './procFs.ts'

/** Says once, a line each, what the agent will not be able to do. @returns the same in short, for /readyz */
export function missingRights(
  proc: ProcFs,
  cgroups: CgroupFiles,
  cgroupRoot: string,
  nodeRoot: NodeRoot,
  logger: Logger,
): string[] {
  const missing: string[] = []
  const miss = (isMissing: boolean, line: string, short: string) => {
    if (!isMissing) return
    logger.error(line)
    missing.push(short)
  }
  // A node that is a container has no other processes to show.
  miss(
    nodeRoot.kind === 'whole' && !proc.seesKernelPids(),
    SEES_NO_HOST_PROCESSES,
    "the host's processes cannot be seen",
  )
  miss(proc.readOomKillCount() === undefined, SEES_NO_KILL_COUNT, "the kernel's own count of kills cannot be read")
  miss(!hasHierarchy(cgroups), describeNoMemoryCgroups(cgroupRoot), 'no memory cgroup can be read')
  return missing
}
