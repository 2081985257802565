import { parseHidepid } from '../../agent/proc/mountinfo.ts'
import { readStat, type ProcFiles } from '../../agent/proc/processFiles.ts'

/** kthreadd has this pid where the PID namespace is the machine's own (kernel/fork.c, rest_init). */
const KTHREADD = 2

/**
 * What a ranking of this machine does not see, as sentences. Nothing it reads needs root, unless the proc file system hides
 * other users' processes.
 * @param mountPoint where the proc file system is
 * @param hasLimits whether the files of a memory cgroup hierarchy can be read
 */
export function findUnseen(files: ProcFiles, mountPoint: string, hasLimits: boolean): string[] {
  const unseen: string[] = []
  if (readStat(files, KTHREADD)?.isKernelThread !== true) {
    const hidepid = parseHidepid(files.readText('self/mountinfo') ?? '', mountPoint)
    unseen.push(
      hidepid === undefined
        ? 'Not seen: what runs outside of this PID namespace, a container’s say. The killer may choose it all the same.'
        : `Not seen: other users’ processes, which ${mountPoint} hides (hidepid=${hidepid}); as root they are in the list.`,
    )
  }
  if (!hasLimits) unseen.push('Not seen: limits of cgroups, since there is no memory hierarchy at the --cgroup-root.')
  return unseen
}
