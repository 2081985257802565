import { oomReportSpec, type ContainerKillRecord, type OomReportSpec } from '../api/oomReport.ts'
import type { PastKill } from '../policies/replay/replayKill.ts'
import { killKey } from '../reports/killRecord.ts'
import type { CachedPod } from './pod.ts'
import type { PodStore } from './podStore.ts'
import type { Target } from './resolveTarget.ts'

/** Of the whole cluster, the newest; with their tables they take 4 MB at most. */
const MAX_KILLS = 1_000
/** So many more before they are sorted out. */
const SLACK = 500

/** The last kills of containers, as reports have them. */
export class PastKills {
  readonly #kills = new Map<string, PastKill>()
  readonly #changed: () => void
  #isComplete = false

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Whether every stored report was taken. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Every stored report was taken. */
  complete(): void {
    this.#isComplete = true
    this.#changed()
  }

  /** Takes kills that were counted. */
  noteCounted(kills: readonly Target[]): void {
    for (const kill of kills) if (kill.kind === 'OOMReport') this.#put(kill.key.namespace, kill.spec, kill.record)
    this.#shorten()
    this.#changed()
  }

  /** Takes the kills of a report that is stored. */
  noteStored(namespace: string, spec: unknown, kills: readonly ContainerKillRecord[]): void {
    const { data } = oomReportSpec.safeParse(spec)
    if (data === undefined || kills.length === 0) return
    for (const kill of kills) this.#put(namespace, data, kill)
    this.#shorten()
    this.#changed()
  }

  /** The newest first. */
  newest(): PastKill[] {
    return [...this.#kills.values()].toSorted(byAge).slice(0, MAX_KILLS)
  }

  #put(namespace: string, { workload, container }: OomReportSpec, record: ContainerKillRecord): void {
    const { time, node, scope, limitKib, victimPid, candidates, podUid } = record
    // A replay says nothing of this cluster.
    if (record.source === 'recording') return
    const kill = {
      time,
      node,
      scope,
      limitKib,
      victimPid,
      candidates,
      namespace,
      podUid,
      workload: workload.name,
      container,
    }
    this.#kills.set(killKey(record), kill)
  }

  #shorten(): void {
    if (this.#kills.size <= MAX_KILLS + SLACK) return
    const oldest = [...this.#kills].toSorted(([, a], [, b]) => byAge(a, b)).slice(MAX_KILLS)
    for (const [key] of oldest) this.#kills.delete(key)
  }
}

function byAge(a: PastKill, b: PastKill): number {
  return a.time === b.time ? 0 : a.time < b.time ? 1 : -1
}

/**
 * The pods of kills: the pod itself while it is known, else one of today's that the same workload has. What selects it, its
 * labels and its PriorityClass, is of the workload's template.
 */
export function findPodsOfKills(
  pods: Pick<PodStore, 'find' | 'live'>,
  kills: readonly PastKill[],
): (kill: PastKill) => CachedPod | undefined {
  const found = new Map<PastKill, CachedPod>()
  /** By namespace, then by workload. */
  const missing = new Map<string, Map<string, PastKill[]>>()
  for (const kill of kills) {
    const pod = kill.podUid === undefined ? undefined : pods.find(kill.podUid, kill.node)
    if (pod !== undefined) {
      found.set(kill, pod)
      continue
    }
    const inNamespace = missing.get(kill.namespace) ?? new Map<string, PastKill[]>()
    missing.set(kill.namespace, inNamespace)
    inNamespace.set(kill.workload, [...(inNamespace.get(kill.workload) ?? []), kill])
  }
  if (missing.size > 0) {
    for (const pod of pods.live()) {
      const workloads = missing.get(pod.namespace)
      const owner = pod.controller?.name
      if (workloads === undefined || owner === undefined) continue
      for (const [workload, some] of workloads) {
        if (owner !== workload && !owner.startsWith(`${workload}-`)) continue
        for (const kill of some) found.set(kill, pod)
        workloads.delete(workload)
      }
    }
  }
  return (kill) => found.get(kill)
}
