import { MAX_LAST_REJECTS } from '../api/nodeOomReport.ts'
import { isRejected } from './rejectRecord.ts'
import { trendFromList } from './trend.ts'

export type Fields = Readonly<Record<string, unknown>>

/** The fields of a stored status as this version writes them, where an earlier one had another form: nothing of it is lost. */
export function inThisForm(stored: unknown): Fields {
  const fields = (typeof stored === 'object' && stored !== null ? stored : {}) as Fields
  const { trend, lastKills } = fields
  return {
    ...fields,
    ...(trend === undefined ? {} : { trend: trendFromList(trend) }),
    ...(Array.isArray(lastKills) && lastKills.some(isRejected) ? rejectsApart(fields, lastKills) : {}),
  }
}

/** They stood among the last kills. */
function rejectsApart({ lastRejects }: Fields, lastKills: readonly unknown[]): Fields {
  const rejects = [...(Array.isArray(lastRejects) ? (lastRejects as unknown[]) : []), ...lastKills.filter(isRejected)]
  return {
    lastKills: lastKills.filter((kill) => !isRejected(kill)),
    lastRejects: rejects.slice(0, MAX_LAST_REJECTS),
  }
}
