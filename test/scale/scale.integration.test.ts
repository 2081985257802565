import { expect, it } from '@jest/globals'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { describeUnless } from '../support/leftOut.ts'
import { figuresOf, findWrong, runScale } from './scale.ts'

/** As `make scale`, in seconds. */
const SMALL = { nodes: 40, pods: 400, workloads: 20, kills: 300, stormSeconds: 4, quietKills: 5 }

describeUnless(whyNoServers(), 'a small cluster in a storm of kills', () => {
  it('has each kill counted once, spread evenly or not, within what the operator may write and take', async () => {
    const results = await runScale({ sizes: SMALL, growing: false, log: () => undefined })
    expect(findWrong(results)).toEqual([])
    expect(figuresOf(results)).toMatch(/^kills 600 counted 600, writes [1-9]\d*, settled [\d.]+ s, RSS \d+ MB$/)
  }, 120_000)
})
