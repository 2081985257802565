import type { RankScope } from '#contract/rank.ts'

/** Flags that say whose memory is asked about, where no two of them are given. */
export interface ScopeFlags {
  cgroup?: string | undefined
  pod?: string | undefined
  container?: string | undefined
}

export function localScope({ cgroup, pod, container }: ScopeFlags): RankScope {
  if (container !== undefined) return { kind: 'container', id: container }
  if (pod !== undefined) return { kind: 'pod', uid: pod }
  return cgroup === undefined || cgroup === '/' ? { kind: 'node' } : { kind: 'cgroup', path: cgroup }
}
