import type { KillEvent } from '#contract/killEvent.ts'
import type { NodeKillRecord, NodeReason } from '../api/nodeOomReport.ts'
import type { ContainerKillRecord, OomReportSpec } from '../api/oomReport.ts'
import {
  candidateTable,
  isCandidateVisible,
  isOfManyPods,
  NO_CONTAINER,
  type NameContainer,
} from '../reports/candidateTable.ts'
import { buildKillRecord, compact, type RecordContext } from '../reports/killRecord.ts'
import { reportName } from '../reports/reportName.ts'
import { shownText } from '../reports/shownText.ts'
import { containerFacts } from './containerFacts.ts'
import { resolveWorkload, type GetOwner } from '../reports/workload.ts'
import type { CachedPod } from './pod.ts'
import type { ReportKey } from './reportStore.ts'

/** No container can have this name, so it never hides one. */
const UNKNOWN_CONTAINER = '(unknown)'

/** Where a kill is counted. */
export type Target =
  | {
      kind: 'OOMReport'
      /** When the stream took it. Absent: not known. */
      storedAtMs?: number | undefined
      key: ReportKey & { kind: 'OOMReport' }
      spec: OomReportSpec
      /** undefined where the pod is its own workload. */
      workloadUid: string | undefined
      record: ContainerKillRecord
      /** All who were in line by name, where the report may not say: for replays alone. */
      inLine?: string | undefined
    }
  | NodeTarget

export interface NodeTarget {
  kind: 'NodeOOMReport'
  storedAtMs?: number | undefined
  key: ReportKey & { kind: 'NodeOOMReport' }
  spec: { node: string }
  record: NodeKillRecord
}

export interface ResolveContext {
  now: Date
  /** When the stream took the kill, by its clock. Absent: not known. */
  storedAtMs?: number | undefined
  findPod: (uid: string, node: string) => CachedPod | undefined
  namespaceOf: (podUid: string) => string | undefined
  getOwner: GetOwner
  explain: RecordContext['explain']
}

/** Why a kill cannot be in any OOMReport, by the event alone. */
export function nodeReasonOf(event: KillEvent): NodeReason | undefined {
  if (event.outcome === 'noKillable') return 'NoKillable'
  if (event.outcome === 'panic') return 'Panic'
  if (event.attribution.podUid !== undefined) return undefined
  return event.attribution.cgroupPath === undefined ? 'CgroupUnknown' : 'OutsidePod'
}

/** Which report counts a kill, or why none may. */
export async function resolveTarget(
  event: KillEvent,
  context: ResolveContext,
): Promise<Target | { kind: 'reject'; reason: string }> {
  const reason = nodeReasonOf(event)
  if (reason !== undefined) return nodeTarget(event, reason, context)
  const { podUid = '', containerId } = event.attribution
  const pod = context.findPod(podUid, event.node)
  if (pod === undefined) return nodeTarget(event, 'PodUnknown', context)
  if (pod.node === '') {
    const detail = `pod ${pod.namespace}/${pod.name} is bound to no node as far as is known, so no node can be believed`
    return nodeTarget(event, 'PodUnknown', context, detail)
  }
  if (pod.node !== event.node) {
    const reason = `podUid: expected a pod bound to node "${event.node}", got ${podUid}, bound to "${pod.node}"`
    return { kind: 'reject', reason }
  }
  const container = pod.containers.find(({ id }) => id === containerId)
  const { workload, uid: workloadUid } = await resolveWorkload(pod, context.getOwner)
  const spec = { workload, container: container?.name ?? UNKNOWN_CONTAINER }
  const view = { namespace: pod.namespace, victimPodUid: podUid, namespaceOf: context.namespaceOf }
  const record = buildKillRecord(event, {
    now: context.now,
    explain: context.explain,
    podName: pod.name,
    isVisible: (candidate) => isCandidateVisible(event, candidate, view),
    nameContainer: namesOf(event.node, context, false),
  })
  return {
    kind: 'OOMReport',
    storedAtMs: context.storedAtMs,
    key: { kind: 'OOMReport', namespace: pod.namespace, name: reportName(spec) },
    spec,
    workloadUid,
    record: {
      ...record,
      ...containerFacts(pod, container),
      podUid: pod.uid,
      hidden: 'Unknown',
      ...(container === undefined
        ? { hiddenReason: 'ContainerUnknown', decidedAt: context.now.toISOString() }
        : { hiddenReason: 'Undecided' }),
    },
    inLine: wholeList(event, context),
  }
}

/** The kill in its node's report. Only those who may read nodes see it, so its candidates are shown in full. */
export function nodeTarget(
  event: KillEvent,
  reason: NodeReason,
  context: Pick<ResolveContext, 'now' | 'storedAtMs' | 'explain' | 'findPod'>,
  detail?: string,
): NodeTarget {
  const { now, storedAtMs, explain } = context
  const path = event.attribution.cgroupPath
  return {
    kind: 'NodeOOMReport',
    storedAtMs,
    key: { kind: 'NodeOOMReport', name: event.node },
    spec: { node: event.node },
    record: {
      ...buildKillRecord(event, {
        now,
        explain,
        isVisible: () => true,
        nameContainer: namesOf(event.node, context, true),
      }),
      ...compact({
        reason,
        detail: detail === undefined ? undefined : shownText(detail, 256),
        cgroupPath: path === undefined ? undefined : shownText(path, 256),
      }),
    },
  }
}

/** All who were in line by name, where more than the victim's own pod was. */
export function wholeList(event: KillEvent, context: Pick<ResolveContext, 'findPod'>): string | undefined {
  if (!isOfManyPods(event.scope)) return undefined
  return candidateTable(event, () => true, namesOf(event.node, context, true))
}

/** A node says of its own pods alone who was in line. */
function namesOf(node: string, { findPod }: Pick<ResolveContext, 'findPod'>, hasNamespace: boolean): NameContainer {
  return ({ podUid, containerId }) => {
    const pod = findPod(podUid, node)
    if (pod === undefined || pod.node !== node) return undefined
    const name = pod.containers.find(({ id }) => id === containerId)?.name ?? NO_CONTAINER
    return [...(hasNamespace ? [pod.namespace] : []), pod.name, name].join('/')
  }
}
