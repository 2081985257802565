import { expect, it } from '@jest/globals'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { describeUnless } from '../support/leftOut.ts'
import { findWrongPolicies, policyFiguresOf, runPolicies } from './policies.ts'

/** As `make scale-policies`, in a minute. */
const SMALL = { nodes: 40, pods: 400, workloads: 20, idleS: 5 }

describeUnless(whyNoServers(), 'a policy for every pod of a small cluster', () => {
  it('is written once to each node, for one pod to one node, and at rest not at all', async () => {
    const result = await runPolicies(SMALL, () => undefined)
    expect(findWrongPolicies(result)).toEqual([])
    expect(policyFiguresOf(result)).toMatch(/^nodes 40, pods 400; .*; one pod 1 key; idle 5 s: 0 keys, 0 API writes/)
  }, 150_000)
})
