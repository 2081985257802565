import { kibOf } from '../facts.ts'
import { formatKib } from '../quantity.ts'
import { state } from '../statement.ts'
import type { FindingCheck } from './finding.ts'

/** Less than this of the swap is as good as none. */
const FULL_SHARE = 0.01

export const noSwap: FindingCheck = {
  name: 'no swap',
  find(facts) {
    if (facts.swapTotalKib !== 0) return undefined
    const swappableKib = kibOf(facts, 'anonymous') + kibOf(facts, 'shmem')
    if (swappableKib === 0) return undefined
    const none = facts.isMemcg ? 'the cgroup may not swap' : 'there is no swap'
    return state(`${formatKib(swappableKib)} of anonymous and shared memory had nowhere to go: ${none}.`, {
      swapTotalKib: 0,
      swappableKib,
    })
  },
}

export const swapFull: FindingCheck = {
  name: 'swap full',
  find({ swapTotalKib, swapFreeKib }) {
    if (swapTotalKib === undefined || swapTotalKib === 0 || swapFreeKib === undefined) return undefined
    if (swapFreeKib >= swapTotalKib * FULL_SHARE) return undefined
    const text =
      swapFreeKib === 0
        ? `All ${formatKib(swapTotalKib)} of swap are in use.`
        : `Only ${formatKib(swapFreeKib)} of ${formatKib(swapTotalKib)} swap is free.`
    return state(text, { swapTotalKib, swapFreeKib })
  },
}
