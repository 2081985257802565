/** What kind of thing a cgroup's limit belongs to, by its path alone. */
export type CgroupKind = 'Container' | 'Pod' | 'Kubepods' | 'Cgroup'

const KUBEPODS = /^(?:[a-z0-9_.-]*-)?kubepods(?:-(?:burstable|besteffort))?(?:\.slice)?$/
const POD = /^pod[0-9a-f-]{32,36}$|-pod[0-9a-f_]{32,36}\.slice$/
/**
 * A container's id, as docker, containerd, CRI-O and podman put it into the last segment; CRI-O's and podman's monitor of one
 * (conmon) is none. `<slice>:<prefix>:<id>` is a systemd name that a runtime with cgroupfs took as it was.
 */
const CONTAINER =
  /^(?!(?:[a-z]+-)?conmon-)(?:(?:[a-z][a-z-]*-)?([0-9a-f]{64})(?:\.scope)?|[^:]*\.slice:[a-z-]*:([0-9a-f]{64}))$/

/** The agent tells more of a cgroup, with the node at hand; this is what a path says to a reader of logs. */
export function classifyCgroup(path: string): { kind: CgroupKind; containerId?: string | undefined } {
  const segments = path.split('/').filter((segment) => segment !== '')
  const last = segments.at(-1) ?? ''
  const containerId = segments.map(containerIn).find((id) => id !== undefined)
  if (containerId !== undefined) return { kind: 'Container', containerId }
  if (segments.some((segment) => POD.test(segment)) && segments.some((segment) => KUBEPODS.test(segment)))
    return { kind: 'Pod' }
  return { kind: KUBEPODS.test(last) || last === 'burstable' || last === 'besteffort' ? 'Kubepods' : 'Cgroup' }
}

function containerIn(segment: string): string | undefined {
  const found = CONTAINER.exec(segment)
  return found?.[1] ?? found?.[2]
}
