import type { CachedPod } from '../../operator/runtime/pod.ts'
import { wholeList } from '../../operator/runtime/resolveTarget.ts'
import { OTHER_NAMESPACE } from '../../operator/reports/candidateTable.ts'
import type { ReportedKill } from '../reports/report.ts'
import type { AskedOperator } from './ports.ts'

/** The first that are asked for: each is a question of its own. */
export const MAX_ASKED = 100

/** Reads who was in line where a report does not say; undefined where it does, or nobody can. */
export type ReadWhole = (kill: ReportedKill) => Promise<string | undefined>

/** By the kill as the stream has it: a report names nobody of other namespaces. */
export function wholeListOf(pods: readonly CachedPod[], { findKill }: Pick<AskedOperator, 'findKill'>): ReadWhole {
  const byUid = new Map(pods.map((pod) => [pod.uid, pod]))
  const byHash = new Map(pods.map((pod) => [`${pod.node}/${pod.configHash}`, pod]))
  const findPod = (uid: string, node: string): CachedPod | undefined => byUid.get(uid) ?? byHash.get(`${node}/${uid}`)
  let asked = 0
  return async ({ node, bootId, sequence, recoveredAs, candidates }) => {
    const isPart = candidates?.includes(OTHER_NAMESPACE) === true
    if (!isPart || node === undefined || bootId === undefined || sequence === undefined || recoveredAs !== undefined)
      return undefined
    if (asked++ >= MAX_ASKED) return undefined
    const event = await findKill({ node, bootId, sequence })
    return event && wholeList(event, { findPod })
  }
}
