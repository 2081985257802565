import type { KillCandidate, KillEvent, KillScope } from '#contract/killEvent.ts'
import { MAX_CANDIDATES_CHARS } from '../api/killRecord.ts'
import { formatKib } from './quantity.ts'
import { shownText } from './shownText.ts'

export const OTHER_NAMESPACE = '(other namespace)'

/** Whether the report's readers may see who a process is, by the pod that it is in; others show their figures only. */
export type IsVisible = (process: { podUid?: string | undefined }) => boolean

/** What a container is called: `db-0/postgresql`, with its namespace before it where readers see several. */
export type NameContainer = (place: { podUid: string; containerId?: string | undefined }) => string | undefined

/** Of what is in its pod and in none of its containers: the sandbox. */
export const NO_CONTAINER = '-'
/** Of a pod and a container, and its namespace: three DNS labels in most clusters. */
const MAX_NAME_CHARS = 160

/** `kubectl describe` prints text as it is: so its columns stand in line, below their kill. */
const BEFORE = '\n      '
const COLUMNS = ['PID', 'COMMAND', 'RSS', 'SWAP', 'ADJ', 'BADNESS', 'SCORE', 'CONTAINER']

/** Where the kernel printed no table: whose processes /proc had after the kill. The victim is not among them. */
const NOTES = {
  dump: undefined,
  liveCgroup: "(not the kernel's list: processes in the victim's cgroup after the kill, BADNESS without ADJ)",
  liveNode: "(not the kernel's list: processes of the node after the kill)",
}

/**
 * Who else was in line, as a table of text: one row per candidate, best first, below where they come from if not from the
 * kernel.
 * @returns undefined when the kernel named nobody.
 */
export function candidateTable(
  event: KillEvent,
  isVisible: IsVisible,
  nameContainer: NameContainer = () => undefined,
): string | undefined {
  if (event.candidates.length === 0) return undefined
  // All of the victim's own limit are in the victim's container.
  const isNamed = event.scope !== 'ContainerLimit' && event.candidatesFrom !== 'liveCgroup'
  const pages = (count: number) => formatKib(count * event.pageSizeKib)
  const rows = event.candidates.map((candidate) => {
    // The victim has its report where it was; of a process that is gone the node may not have told the pod.
    const visible = candidate.pid === event.victim?.pid || isVisible(candidate)
    return [
      visible ? String(candidate.pid) : '-',
      visible ? shownText(candidate.command, 32) : OTHER_NAMESPACE,
      pages(candidate.rssPages),
      candidate.swapPages === undefined ? '-' : pages(candidate.swapPages),
      String(candidate.oomScoreAdj ?? '-'),
      String(candidate.badnessPages),
      String(candidate.liveOomScore ?? '-'),
      visible && isNamed ? containerOf(event, candidate, nameContainer) : '',
    ]
  })
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const titles = rows.some((row) => row.at(-1) !== '') ? COLUMNS : COLUMNS.slice(0, -1)
  const lines = [titles, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const note = NOTES[event.candidatesFrom ?? 'dump']
  if (note !== undefined) lines.unshift(note)
  // A whole row fewer, rather than a row cut in its middle.
  const charsOf = (line: string): number => BEFORE.length + line.length
  while (lines.length > 1 && lines.reduce((sum, line) => sum + charsOf(line), 0) > MAX_CANDIDATES_CHARS) lines.pop()
  return lines.map((line) => `${BEFORE}${line}`).join('')
}

/** @returns `-` in no pod; nothing where the node did not tell, or the pod is not known. */
function containerOf(event: KillEvent, candidate: KillCandidate, nameContainer: NameContainer): string {
  const isVictim = candidate.pid === event.victim?.pid
  const { attribution } = event
  const place = isVictim && attribution.podUid !== undefined ? attribution : candidate
  const { podUid, containerId } = place
  if (podUid !== undefined) return shownText(nameContainer({ podUid, containerId }) ?? '', MAX_NAME_CHARS)
  // One that was still there was looked at.
  const isTold = isVictim ? attribution.cgroupPath !== undefined : candidate.liveOomScore !== undefined
  return isTold ? NO_CONTAINER : ''
}

/** Whether processes of more than the victim's own pod may have been in line. */
export function isOfManyPods(scope: KillScope): boolean {
  return scope !== 'ContainerLimit' && scope !== 'PodLimit'
}

/** What decides whether a candidate may be shown to those who may read a namespace. */
export interface CandidateView {
  namespace: string
  victimPodUid: string
  namespaceOf: (podUid: string) => string | undefined
}

/**
 * A candidate without a pod of its own was in the domain of the limit that was hit: the victim's own when that
 * limit is a container's or a pod's, and anybody's else.
 */
export function isCandidateVisible(
  event: KillEvent,
  candidate: { podUid?: string | undefined },
  view: CandidateView,
): boolean {
  if (event.scope === 'ContainerLimit' || event.scope === 'PodLimit') {
    return candidate.podUid === undefined || candidate.podUid === view.victimPodUid
  }
  if (candidate.podUid === undefined) return false
  return candidate.podUid === view.victimPodUid || view.namespaceOf(candidate.podUid) === view.namespace
}

/** The processes that may be shown by name where not all may: the victim, and candidates. */
export function visiblePids({ victim, candidates }: KillEvent, isVisible: IsVisible): ReadonlySet<number> {
  const pids = candidates.filter(isVisible).map(({ pid }) => pid)
  return new Set(victim === undefined ? pids : [...pids, victim.pid])
}
