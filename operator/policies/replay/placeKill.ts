import { parseCandidateTable, type CandidateRow } from '../../reports/parseCandidateTable.ts'
import type { PolicyPod } from '../selection.ts'
import { placeIn } from './likePods.ts'
import type { InLine, KilledContainer, PastKill, Place, PlacedKill } from './pastKill.ts'

/** The pods of kills: themselves, or ones that are like them. */
export interface FindPods {
  ofVictim(kill: PastKill, victim: KilledContainer): PolicyPod | undefined
  named(namespace: string, name: string): PolicyPod | undefined
}

/** Where the victim of a kill was, and all who were in line; a workload that is gone is not among what policies select. */
export function placeKill(kill: PastKill, pods: FindPods): PlacedKill {
  const { victim } = kill
  let known: InLine | undefined
  const inLine = (): InLine => (known ??= readInLine(kill, pods))
  if (typeof victim !== 'object') return { kill, victim, inLine }
  const pod = pods.ofVictim(kill, victim)
  return { kill, victim: pod === undefined ? 'none' : placeIn(pod, victim.container), inLine }
}

function readInLine({ candidates, victim }: PastKill, pods: FindPods): InLine {
  const table = candidates === undefined ? undefined : parseCandidateTable(candidates)
  const namespace = typeof victim === 'object' ? victim.namespace : undefined
  return { table, places: table?.rows.map((row) => placeOf(row, namespace, pods)) ?? [] }
}

function placeOf(
  { container }: CandidateRow,
  ofReport: string | undefined,
  pods: FindPods,
): Place | 'none' | undefined {
  if (container === undefined || container === 'none') return container
  const { namespace = ofReport, pod: podName, name } = container
  const pod = namespace === undefined ? undefined : pods.named(namespace, podName)
  return pod === undefined ? 'none' : placeIn(pod, name)
}
