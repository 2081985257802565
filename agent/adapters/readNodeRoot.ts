import type { Logger } from 'pino'
import type { CgroupFiles } from '#program/adapters/cgroupFiles.ts'
import type { ProcFiles } from '#program/adapters/procFiles.ts'
import { resolveNodeRoot, type NodeRoot } from '../cgroup/nodeRoot.ts'
import { SHARES_KERNEL_UNTOLD } from '../errors.ts'
import { readMemoryCgroup } from '../proc/processFiles.ts'
import type { ProcFs } from './procFs.ts'

/** Which of the kernel's cgroups are this node's; says once where that is not all of them, and where it cannot be known. */
export function readNodeRoot(
  { files, proc, cgroups }: { files: ProcFiles; proc: ProcFs; cgroups: CgroupFiles },
  { configured, ownPid }: { configured: string | undefined; ownPid: number | undefined },
  logger: Logger,
): NodeRoot {
  const root = resolveNodeRoot({
    configured,
    seesKernelPids: proc.seesKernelPids(),
    isFirst: ownPid === undefined || ownPid === 1,
    firstCgroup: readMemoryCgroup(files, 1),
    firstMounts: files.readText('1/mountinfo') ?? '',
    hasCgroup: (path) => cgroups.readId(path) !== undefined,
  })
  if (root === undefined) logger.warn(SHARES_KERNEL_UNTOLD)
  else if (root.kind !== 'whole')
    logger.info({ root }, 'this node shares its kernel with others: a kill outside of its own cgroups is left to them')
  return root ?? { kind: 'whole' }
}
