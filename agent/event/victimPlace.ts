import type { Attribution } from '#contract/killEvent.ts'
import { parseCgroupPath } from '../cgroup/path.ts'

/**
 * Whose process it was: the kernel's own word (task_memcg) first, else what /proc still says. Nobody's word is
 * "unknown", never "the host".
 */
export function resolveAttribution(taskCgroup: string | undefined, procCgroup: string | undefined): Attribution {
  const cgroupPath = taskCgroup ?? procCgroup
  if (cgroupPath === undefined) return { source: 'none' }
  const { podUid, containerId, qosClass } = parseCgroupPath(cgroupPath)
  return { source: taskCgroup === undefined ? 'proc' : 'dump', cgroupPath, podUid, containerId, qosClass }
}
