import { isAsked, kibOf, partOf } from '../facts.ts'
import { formatCount, formatKib } from '../quantity.ts'
import { state } from '../statement.ts'
import type { FindingCheck } from './finding.ts'

const SHMEM_SHARE = 0.25
const HUGEPAGES_SHARE = 0.25
const LOCKED_SHARE = 0.25

/** Files in tmpfs and shared memory stay when the processes go. */
export const tmpfsOrShmem: FindingCheck = {
  name: 'tmpfs or shared memory',
  find(facts) {
    const { wholeKib } = facts
    const kib = kibOf(facts, 'shmem')
    if (wholeKib === undefined || kib < wholeKib * SHMEM_SHARE) return undefined
    return state(`${partOf(facts, kib)} is shared memory or files in tmpfs, which a kill need not free.`, {
      shmemKib: kib,
      wholeKib,
    })
  },
}

/** Hugepages are set aside whether they are used or not. */
export const hugepageReservation: FindingCheck = {
  name: 'hugepage reservation',
  find(facts) {
    const { memory, wholeKib, isMemcg } = facts
    const hugepages = memory.hugepages.filter((ofNode) => isAsked(facts, ofNode))
    const totalKib = hugepages.reduce((kib, { total, sizeKib }) => kib + total * sizeKib, 0)
    const freeKib = hugepages.reduce((kib, { free, sizeKib }) => kib + free * sizeKib, 0)
    if (isMemcg || wholeKib === undefined || totalKib < wholeKib * HUGEPAGES_SHARE) return undefined
    const pages = hugepages.reduce((count, { total }) => count + total, 0)
    return state(
      `${formatCount(pages, 'hugepage')} set ${partOf(facts, totalKib)} aside; ${formatKib(freeKib)} of that nobody uses.`,
      { hugepagesKib: totalKib, hugepagesFreeKib: freeKib, wholeKib },
    )
  },
}

export const lockedMemory: FindingCheck = {
  name: 'locked memory',
  find(facts) {
    const { wholeKib } = facts
    const kib = kibOf(facts, 'unevictable')
    if (wholeKib === undefined || kib < wholeKib * LOCKED_SHARE) return undefined
    return state(`${partOf(facts, kib)} is locked or otherwise unevictable: reclaim may not touch it.`, {
      unevictableKib: kib,
      wholeKib,
    })
  },
}
