/**
 * The memory cgroup in the text of /proc/PID/cgroup: the `memory` hierarchy of v1 (hybrid included), else the
 * unified one. `/` is no answer: on v1 every exiting task reads so (kernel/cgroup/cgroup.c, cgroup_exit), and no pod
 * lives there. Source: cgroups(7), "/proc files".
 */
export function parseMemoryCgroup(text: string): string | undefined {
  let unified: string | undefined
  for (const line of text.split('\n')) {
    const first = line.indexOf(':')
    const second = line.indexOf(':', first + 1)
    if (first < 0 || second < 0) continue
    const controllers = line.slice(first + 1, second)
    const path = line.slice(second + 1).replace(/ \(deleted\)$/, '')
    if (controllers.split(',').includes('memory')) return path === '/' ? undefined : path
    if (controllers === '') unified = path
  }
  return unified === '/' || unified === '' ? undefined : unified
}
