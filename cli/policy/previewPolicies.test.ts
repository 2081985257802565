import { describe, expect, it } from '@jest/globals'
import { clusterOf, containerId, policyOf, RAILS, rawPod, rawPolicy } from './policies.testkit.ts'
import { previewPolicies } from './previewPolicies.ts'

const LOWER = { oomScoreAdj: { value: 100 } }

function outcomes({ policies }: ReturnType<typeof previewPolicies>) {
  return policies.map(({ containers }) =>
    containers.map(({ outcome, otherPolicy, why }) => [outcome, otherPolicy ?? why?.reason].filter(Boolean).join(' ')),
  )
}

describe('previewPolicies', () => {
  it('takes a policy that only audits as if it were enforced', async () => {
    const preview = previewPolicies([policyOf('a')], await clusterOf(rawPod(1)), RAILS)
    expect(preview.policies[0]?.containers).toEqual([
      expect.objectContaining({
        namespace: 'shop',
        workload: 'Deployment/web',
        container: 'app',
        before: 875,
        after: 500,
        outcome: 'sets',
        isRunning: true,
      }),
    ])
    expect(preview.policies[0]?.policy.spec.mode).toBe('Audit')
    expect(preview.decided.get(containerId(1))).toMatchObject({ kubeletScore: 875, isAdjusted: false })
  })

  it('says which other policy decides, of the cluster or of those that are tried', async () => {
    const objects = await clusterOf(rawPod(1), rawPolicy('there', { priority: 5 }))
    expect(outcomes(previewPolicies([policyOf('a')], objects, RAILS))).toEqual([['outranked there']])
    expect(outcomes(previewPolicies([policyOf('a', { priority: 6 })], objects, RAILS))).toEqual([['sets']])
    const some = policyOf('b', { priority: 9, processes: [{ init: true }] })
    expect(outcomes(previewPolicies([policyOf('a', { priority: 6 }), some], objects, RAILS))).toEqual([
      ['sets b'],
      ['sets'],
    ])
  })

  it('takes the place of a policy of the same name, whose values are there', async () => {
    const objects = await clusterOf(rawPod(1), rawPolicy('a', { oomScoreAdj: { value: 300 } }))
    const preview = previewPolicies([policyOf('a', { podSelector: { matchLabels: { app: 'db' } } })], objects, RAILS)
    expect(preview.policies[0]?.containers).toEqual([])
    expect(preview.decided.get(containerId(1))).toEqual({ rules: [], kubeletScore: 875, isAdjusted: true })
  })

  it('passes over what only audits in the cluster, and what is being deleted', async () => {
    const audit = rawPolicy('there', { priority: 5, mode: 'Audit' })
    const leaving = rawPolicy('leaving', { priority: 5 })
    const objects = await clusterOf(rawPod(1), audit, {
      ...leaving,
      metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    })
    expect(outcomes(previewPolicies([policyOf('a')], objects, RAILS))).toEqual([['sets']])
  })

  it('says what a node would refuse by the value alone', async () => {
    const pod = rawPod(1)
    const objects = await clusterOf({ ...pod, status: { ...pod.status, qosClass: 'Guaranteed' } })
    const preview = previewPolicies([policyOf('a', { oomScoreAdj: { value: -500 } })], objects, RAILS)
    expect(outcomes(preview)).toEqual([['refused LessProtection']])
  })

  it('says which guard rail refuses, the node’s budget among them, and who else loses by it', async () => {
    const unlimited = rawPod(1)
    unlimited.spec.containers[0] = { name: 'app', resources: { requests: { memory: '1Gi' } } } as never
    const objects = await clusterOf(unlimited, rawPod(2, '3Gi'), rawPod(3, '3Gi'))
    expect(outcomes(previewPolicies([policyOf('a', LOWER)], objects, RAILS))).toEqual([
      ['refused UnlimitedMemory', 'sets', 'refused BudgetExceeded'],
    ])
    const rival = rawPolicy('rival', { ...LOWER, podSelector: {}, priorityClassNames: ['gold'] })
    const gold = rawPod(4, '3Gi')
    const there = await clusterOf(
      rawPod(2, '3Gi'),
      { ...gold, spec: { ...gold.spec, priorityClassName: 'gold' } },
      rival,
    )
    const preview = previewPolicies([policyOf('a', { ...LOWER, priority: 1 })], there, RAILS)
    expect(preview.displaced).toEqual([{ policy: 'rival', containers: 1 }])
  })
})
