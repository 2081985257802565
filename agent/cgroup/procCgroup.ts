const [NEWLINE, COLON] = [0x0a, 0x3a]
const DELETED = ' (deleted)'

/**
 * The memory cgroup in /proc/PID/cgroup: the `memory` hierarchy of v1 (hybrid included), else the unified one. `/` is no
 * answer: on v1 every exiting task reads so (kernel/cgroup/cgroup.c, cgroup_exit), and no pod lives there.
 * Source: cgroups(7), "/proc files".
 */
export function parseMemoryCgroup(bytes: Buffer): string | undefined {
  let unified: string | undefined
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, at)
    const end = newline < 0 ? bytes.length : newline
    const first = bytes.indexOf(COLON, at)
    const second = first < 0 ? -1 : bytes.indexOf(COLON, first + 1)
    if (first < end && second >= 0 && second < end) {
      const controllers = bytes.toString('latin1', first + 1, second)
      if (controllers.split(',').includes('memory')) return pathOf(bytes, second + 1, end)
      if (controllers === '') unified = pathOf(bytes, second + 1, end)
    }
    at = end + 1
  }
  return unified
}

/** Undefined for the root. What is gone is named as it was. */
function pathOf(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('utf8', start, end)
  const path = text.endsWith(DELETED) ? text.slice(0, -DELETED.length) : text
  return path === '/' || path === '' ? undefined : path
}
