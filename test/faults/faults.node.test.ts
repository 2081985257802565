import { describe, expect, it } from '@jest/globals'
import { runCampaign } from './campaign.ts'
import { CLUSTER_FAULTS, startClusterServers } from './clusterServers.ts'

const KILLS = 60
/** Every kind of fault comes about, some of them at once. `make faults` draws another seed each time. */
const SEED = 1

describe('agent and operator, when everything around them breaks while the kernel kills', () => {
  it('lose no kill but those that the kernel overwrote, know how many these are, and count none twice', async () => {
    const { figures, wrong, faults } = await runCampaign({
      servers: await startClusterServers(),
      kinds: CLUSTER_FAULTS,
      seed: SEED,
      kills: KILLS,
      losesInCalm: false,
      onProgress: () => undefined,
      signal: new AbortController().signal,
    })
    expect(wrong).toEqual([])
    expect(figures).toMatch(
      /^counter \d+ = lines \d+ \+ lost \d+, recovered \d+, stream \d+, victims \d+, reports \d+$/,
    )
    expect(Object.keys(faults).toSorted()).toEqual(CLUSTER_FAULTS.toSorted())
  }, 240_000)
})
