import { MAX_RANK_ROWS } from '#contract/rank.ts'

/** What of a node is asked about, as people name it; all of it, where nothing is. */
export interface RankTarget {
  cgroup?: string
  /** Its UID, or NAMESPACE/NAME. */
  pod?: string
  /** Its id or how it begins, or with a pod its name. */
  container?: string
}

export type RankQuery = { ok: true; node: string; top: number; target: RankTarget } | { ok: false; reason: string }

/** RFC 1123, as Kubernetes names nodes: nothing that would be another subject. */
const NODE = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/
const CGROUP = /^\/[^\0]{1,4095}$/
const POD = /^(?:[0-9a-f-]{32,36}|[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253})$/
const CONTAINER = /^[a-z0-9-]{1,64}$/

/** `?node=NODE&top=N&cgroup=PATH`, or `&pod=POD&container=CONTAINER`; top is 10 where it is not given. */
export function parseRankQuery(query: URLSearchParams): RankQuery {
  const node = query.get('node') ?? ''
  const topText = query.get('top') ?? '10'
  const top = /^\d{1,3}$/.test(topText) ? Number(topText) : 0
  if (!NODE.test(node)) return { ok: false, reason: `node: expected the name of a node, got ${JSON.stringify(node)}` }
  if (top < 1 || top > MAX_RANK_ROWS) {
    return {
      ok: false,
      reason: `top: expected a number from 1 to ${MAX_RANK_ROWS}, got ${JSON.stringify(topText)}`,
    }
  }
  const target: RankTarget = {}
  for (const [name, form, expected] of TARGETS) {
    const value = query.get(name)
    if (value === null) continue
    if (!form.test(value)) return { ok: false, reason: `${name}: expected ${expected}, got ${JSON.stringify(value)}` }
    target[name] = value
  }
  if (target.cgroup !== undefined && (target.pod !== undefined || target.container !== undefined)) {
    return { ok: false, reason: 'cgroup: expected no pod and no container with it' }
  }
  return { ok: true, node, top, target }
}

const TARGETS = [
  ['cgroup', CGROUP, 'a path from the root of the hierarchy'],
  ['pod', POD, "a pod's UID or NAMESPACE/NAME"],
  ['container', CONTAINER, "a container's id or name"],
] as const
