import type { Attribution } from '#contract/killEvent.ts'
import { isAncestorHidden, parseCgroupPath } from '../cgroup/path.ts'

/**
 * Whose process it was: the kernel's own word (task_memcg) first, else what /proc still says. Nobody's word is
 * "unknown", never "the host"; nor is a path that a cgroup namespace shows the end of only.
 */
export function resolveAttribution(taskCgroup: string | undefined, procCgroup: string | undefined): Attribution {
  const cgroupPath = taskCgroup ?? procCgroup
  if (cgroupPath === undefined) return { source: 'none' }
  const { podUid, containerId, qosClass } = parseCgroupPath(cgroupPath)
  if (podUid === undefined && isAncestorHidden(cgroupPath)) return { source: 'none' }
  return { source: taskCgroup === undefined ? 'proc' : 'dump', cgroupPath, podUid, containerId, qosClass }
}
