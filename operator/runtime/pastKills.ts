import { oomReportSpec, type ContainerKillRecord, type OomReportSpec } from '../api/oomReport.ts'
import type { NodeKillRecord } from '../api/nodeOomReport.ts'
import { LikePods } from '../policies/replay/likePods.ts'
import type { PastKill } from '../policies/replay/pastKill.ts'
import type { FindPods } from '../policies/replay/placeKill.ts'
import { OTHER_NAMESPACE } from '../reports/candidateTable.ts'
import { killKey } from '../reports/killRecord.ts'
import type { CachedPod } from './pod.ts'
import type { PodStore } from './podStore.ts'
import type { Target } from './resolveTarget.ts'

/** Of the whole cluster, the newest; with their tables they take 4 MB at most. */
const MAX_KILLS = 1_000
/** So many more before they are sorted out. */
const SLACK = 500

/** Of a kill with a line of its own. */
type KillIdentity = Pick<ContainerKillRecord, 'node' | 'bootId' | 'sequence'>

interface Known {
  kill: PastKill
  identity: KillIdentity
  /** Its list names processes of all namespaces. */
  isWhole: boolean
}

/** The last kills, as reports have them; each once, though it may stand in two. */
export class PastKills {
  readonly #kills = new Map<string, Known>()
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
    for (const kill of kills) {
      if (kill.kind === 'NodeOOMReport') this.#putNodes(kill.record)
      else this.#put(kill.record, victimOf(kill.key.namespace, kill.spec, kill.record), kill.inLine)
    }
    this.#shorten()
    this.#changed()
  }

  /** Takes the kills of a report that is stored. */
  noteStored(namespace: string, spec: unknown, kills: readonly ContainerKillRecord[]): void {
    const { data } = oomReportSpec.safeParse(spec)
    if (data === undefined || kills.length === 0) return
    for (const kill of kills) this.#put(kill, victimOf(namespace, data, kill))
    this.#shorten()
    this.#changed()
  }

  /** Takes the kills of a node's report that is stored. */
  noteNodeStored(kills: readonly NodeKillRecord[]): void {
    if (kills.length === 0) return
    for (const kill of kills) this.#putNodes(kill)
    this.#shorten()
    this.#changed()
  }

  /** Those whose lists name processes of one namespace only, by a key of their own, the newest first. */
  inPart(): [key: string, KillIdentity][] {
    return [...this.#kills]
      .filter(([, { kill, isWhole }]) => !isWhole && kill.candidates?.includes(OTHER_NAMESPACE) === true)
      .toSorted(([, a], [, b]) => byAge(a.kill, b.kill))
      .map(([key, { identity }]) => [key, identity])
  }

  /** Takes a list that names processes of all namespaces. */
  complement(key: string, candidates: string): void {
    const known = this.#kills.get(key)
    if (known === undefined) return
    this.#kills.set(key, { ...known, kill: { ...known.kill, candidates }, isWhole: true })
    this.#changed()
  }

  /** The newest first. */
  newest(): PastKill[] {
    return [...this.#kills.values()]
      .map(({ kill }) => kill)
      .toSorted(byAge)
      .slice(0, MAX_KILLS)
  }

  #putNodes(record: NodeKillRecord): void {
    // The killer took nobody.
    if (record.reason === 'NoKillable' || record.reason === 'Panic') return
    this.#put(record, record.reason === 'OutsidePod' ? 'none' : undefined, record.candidates)
  }

  /** @param whole a list that names processes of all namespaces */
  #put(record: ContainerKillRecord | NodeKillRecord, victim: PastKill['victim'], whole?: string): void {
    const { time, node, scope, limitKib, victimPid } = record
    // A replay says nothing of this cluster.
    if (record.source === 'recording') return
    const key = killKey(record)
    const known = this.#kills.get(key)
    const kept = known?.isWhole === true ? known.kill.candidates : undefined
    const kill: PastKill = {
      time,
      node,
      scope,
      limitKib,
      victimPid,
      candidates: whole ?? kept ?? record.candidates,
      // Its own report knows best.
      victim: typeof victim === 'object' ? victim : (known?.kill.victim ?? victim),
    }
    const { bootId, sequence } = record
    this.#kills.set(key, { kill, identity: { node, bootId, sequence }, isWhole: (whole ?? kept) !== undefined })
  }

  #shorten(): void {
    if (this.#kills.size <= MAX_KILLS + SLACK) return
    const oldest = [...this.#kills].toSorted(([, a], [, b]) => byAge(a.kill, b.kill)).slice(MAX_KILLS)
    for (const [key] of oldest) this.#kills.delete(key)
  }
}

function byAge(a: PastKill, b: PastKill): number {
  return a.time === b.time ? 0 : a.time < b.time ? 1 : -1
}

function victimOf(
  namespace: string,
  { workload, container }: OomReportSpec,
  { podUid }: ContainerKillRecord,
): PastKill['victim'] {
  return { namespace, podUid, workload: workload.name, container }
}

/**
 * The pods of kills: the pod itself while it is known, else one of today's that the same workload has. What selects it, its
 * labels and its PriorityClass, is of the workload's template.
 */
export function findPodsOfKills(pods: Pick<PodStore, 'find' | 'live'>, kills: readonly PastKill[]): FindPods {
  const found = new Map<PastKill, CachedPod>()
  /** By namespace, then by workload. */
  const missing = new Map<string, Map<string, PastKill[]>>()
  for (const kill of kills) {
    const { victim, node } = kill
    if (typeof victim !== 'object') continue
    const pod = victim.podUid === undefined ? undefined : pods.find(victim.podUid, node)
    if (pod !== undefined) {
      found.set(kill, pod)
      continue
    }
    const inNamespace = missing.get(victim.namespace) ?? new Map<string, PastKill[]>()
    missing.set(victim.namespace, inNamespace)
    inNamespace.set(victim.workload, [...(inNamespace.get(victim.workload) ?? []), kill])
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
  const like = new LikePods(() => pods.live())
  return { ofVictim: (kill) => found.get(kill), named: (namespace, name) => like.find(namespace, name) }
}
