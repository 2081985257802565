import { explainZones } from '../zones.ts'
import { formatKib } from '../quantity.ts'
import { state } from '../statement.ts'
import type { FindingCheck } from './finding.ts'

/** Enough was free, in blocks that were too small. */
export const fragmentation: FindingCheck = {
  name: 'fragmentation',
  find(facts) {
    const order = facts.order ?? 0
    const fragmented = explainZones(facts).zones.filter(({ reason }) => reason === 'fragmented')
    if (fragmented.length === 0) return undefined
    const freeKib = fragmented.reduce((kib, zone) => kib + (zone.freeKib ?? 0), 0)
    const sizeKib = 2 ** order * facts.pageKib
    return state(
      `${formatKib(freeKib)} was free, but not ${formatKib(sizeKib)} in one piece (order ${order}): memory is fragmented.`,
      { order, sizeKib, freeKib, zones: fragmented.length },
    )
  },
}
