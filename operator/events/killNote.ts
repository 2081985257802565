import type { ContainerKillRecord } from '../api/oomReport.ts'
import type { NodeKillRecord } from '../api/nodeOomReport.ts'
import { formatKib } from '#kernel/explain/quantity.ts'

type Kill = Pick<
  ContainerKillRecord | NodeKillRecord,
  'time' | 'seenAt' | 'victimPid' | 'victimCommand' | 'victimRssKib' | 'scope' | 'limitKib' | 'source'
>

/** A kill that was seen later than this is told with its own time: the Event's is when it was seen. */
const LATE_MS = 60_000

/** `OOM killer took worker (pid 8123, 412 MiB) in container app: at its memory limit of 512 MiB`. */
export function killNote(kill: Kill, place: string | undefined): string {
  const where = place === undefined ? '' : ` in ${place}`
  return `OOM killer took ${victimWords(kill)}${where}${causeWords(kill)}${lateWords(kill)}`
}

export function noVictimNote(kill: Kill, isPanic: boolean): string {
  const what = isPanic ? 'and the kernel panicked' : 'and found no process to take'
  return `OOM killer ran ${what}${causeWords(kill)}${lateWords(kill)}`
}

/** Only what is known: the kernel may not have said how much the victim held. */
function victimWords({ victimPid, victimCommand, victimRssKib, source }: Kill): string {
  if (source === 'memoryEvents') return 'a process that the kernel log no longer names'
  const facts = [
    ...(victimPid === undefined ? [] : [`pid ${victimPid}`]),
    ...(victimRssKib === undefined ? [] : [formatKib(victimRssKib)]),
  ]
  return `${victimCommand || 'a process'}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`
}

function causeWords({ scope, limitKib }: Kill): string {
  const of = limitKib === undefined ? '' : ` of ${formatKib(limitKib)}`
  switch (scope) {
    case 'ContainerLimit':
      return `: at its memory limit${of}`
    case 'PodLimit':
      return `: at the pod's memory limit${of}`
    case 'Kubepods':
      return `: at the memory limit${of} of all pods of the node, or of a QoS class`
    case 'HostCgroup':
      return `: at the memory limit${of} of a cgroup of the host`
    case 'Node':
      return ": the node's memory ran out"
    case 'Cpuset':
      return ': the memory of its cpuset ran out'
    case 'MemoryPolicy':
      return ': the memory that its memory policy allows ran out'
    case 'Unknown':
      return ''
  }
}

function lateWords({ time, seenAt }: Kill): string {
  return Date.parse(seenAt) - Date.parse(time) > LATE_MS ? ` (at ${time} by the node's clock)` : ''
}
