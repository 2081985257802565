import type { KillScope } from '#contract/killEvent.ts'
import type { ContainerKillRecord, OomReportSpec } from '../api/oomReport.ts'
import { killKey } from '../reports/killRecord.ts'
import type { Target } from '../runtime/resolveTarget.ts'
import { shownText } from '../reports/shownText.ts'
import { MAX_NOTE_BYTES, type EventDraft, type ObjectReference } from './eventDraft.ts'
import { killNote, noVictimNote } from './killNote.ts'
import { nodeReference } from './nodeReference.ts'
import { isHiddenNews, isNews } from './news.ts'

/** Kills of these are the node's affair too: no limit of the pod's own was reached. */
const NODE_SCOPES: ReadonlySet<KillScope> = new Set(['Node', 'Kubepods', 'HostCgroup', 'Cpuset', 'MemoryPolicy'])

export interface PlacedKill {
  namespace: string
  spec: OomReportSpec
  /** The workload's UID; absent where the pod is its own workload. */
  workloadUid?: string | undefined
  record: ContainerKillRecord
}

/** The Events that tell of a kill that was counted: none of a replay, nor of one that has lain in the stream for long. */
export function draftEvents(target: Target): EventDraft[] {
  if (!isNews(target)) return []
  if (target.kind === 'OOMReport') {
    const { key, spec, workloadUid, record } = target
    const drafts = draftForPod({ namespace: key.namespace, spec, workloadUid, record }, 'OOMVictim', '')
    return NODE_SCOPES.has(record.scope) ? [...drafts, draftForNode(record, 'the container of a pod')] : drafts
  }
  const { record } = target
  if (record.reason !== 'NoKillable' && record.reason !== 'Panic') {
    return [draftForNode(record, record.podUid === undefined ? undefined : 'the container of a pod')]
  }
  const note = noVictimNote(record, record.reason === 'Panic')
  return [
    {
      regarding: nodeReference(record.node),
      reason: 'OOMNoVictim',
      note,
      subject: record.scope,
      kill: killKey(record),
    },
  ]
}

/**
 * The Events of a kill that Kubernetes did not show; `keptRunning` is said only where it is known.
 * @param wasNews Whether it was told when it was counted.
 */
export function draftHidden(kill: PlacedKill, keptRunning: boolean, wasNews: boolean): EventDraft[] {
  if (!isHiddenNews(kill.record, wasNews)) return []
  const ending = keptRunning ? '; the container kept running' : '; Kubernetes did not report it'
  return draftForPod(kill, 'OOMVictimHidden', ending)
}

function draftForPod(
  { namespace, spec, workloadUid, record }: PlacedKill,
  reason: 'OOMVictim' | 'OOMVictimHidden',
  ending: string,
): EventDraft[] {
  const { podName, podUid } = record
  if (podName === undefined || podUid === undefined) return []
  const container = `container ${spec.container}`
  const same = {
    reason,
    subject: `${record.victimCommand ?? ''}/${spec.container}/${record.scope}`,
    kill: killKey(record),
  }
  const pod: ObjectReference = { apiVersion: 'v1', kind: 'Pod', namespace, name: podName, uid: podUid }
  const drafts: EventDraft[] = [{ ...same, regarding: pod, note: noteOf(record, container, ending) }]
  if (workloadUid !== undefined) {
    drafts.push({
      ...same,
      regarding: { ...spec.workload, namespace, uid: workloadUid },
      related: pod,
      note: noteOf(record, `container ${spec.container} of pod ${podName}`, ending),
    })
  }
  return drafts
}

/** A kill that is judged is read from its report, which somebody may have edited. */
function noteOf(record: ContainerKillRecord, place: string, ending: string): string {
  return shownText(`${killNote(record, place)}${ending}`, MAX_NOTE_BYTES)
}

/** Events about nodes lie in `default`, which more people read than the pod's namespace: the pod is not named. */
function draftForNode(record: Target['record'], place: string | undefined): EventDraft {
  return {
    regarding: nodeReference(record.node),
    reason: 'OOMVictim',
    note: killNote(record, place),
    subject: `${record.victimCommand ?? ''}/${place ?? ''}/${record.scope}`,
    kill: killKey(record),
  }
}
