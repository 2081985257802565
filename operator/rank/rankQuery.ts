import { cgroup, container, nodeName, pod, top, type Values } from '../http/parameters.ts'

/** What of a node is asked about, as people name it; all of it, where nothing is. */
export interface RankTarget {
  cgroup?: string
  /** Its UID, or NAMESPACE/NAME. */
  pod?: string
  /** Its id or how it begins, or with a pod its name. */
  container?: string
}

export type RankQuery = { ok: true; node: string; top: number; target: RankTarget } | { ok: false; reason: string }

export const rankParameters = {
  node: nodeName,
  top: top.optional(),
  cgroup: cgroup.optional(),
  pod: pod.optional(),
  container: container.optional(),
}

type RankValues = Values<typeof rankParameters>

const DEFAULT_TOP = 10

/** `?node=NODE&top=N&cgroup=PATH`, or `&pod=POD&container=CONTAINER`; top is 10 where it is not given. */
export function rankQueryOf(values: Partial<RankValues> & Pick<RankValues, 'node'>): RankQuery {
  const { node, top: rows, ...rest } = values
  if (rest.cgroup !== undefined && (rest.pod !== undefined || rest.container !== undefined)) {
    return { ok: false, reason: 'cgroup: expected no pod and no container with it' }
  }
  const given = Object.entries(rest).filter(([, value]) => value !== undefined)
  return { ok: true, node, top: Number(rows ?? DEFAULT_TOP), target: Object.fromEntries(given) }
}
