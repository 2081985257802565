import { describe, expect, it } from '@jest/globals'
import type { ContainerStatus } from '#contract/nodeStatus.ts'
import type { Policy } from './decide.ts'
import { policyStatus } from './policyStatus.ts'

const policy: Policy = {
  name: 'p',
  generation: 3,
  deleting: false,
  held: true,
  spec: { podSelector: {}, oomScoreAdj: { value: 500 }, mode: 'Enforce', priority: 0 },
}
const match = { pods: 1, containers: 2, deciding: ['c1', 'c2'] }
const NOW = new Date('2026-03-01T10:00:00.000Z')
const said = (...statuses: Partial<ContainerStatus>[]) =>
  new Map(
    statuses.map((status, index) => [
      `c${index + 1}`,
      { containerId: `c${index + 1}`, policy: 'p', oomScoreAdj: 500, outcome: 'applied', ...status } as ContainerStatus,
    ]),
  )
const judge = (statuses: ReadonlyMap<string, ContainerStatus>) => policyStatus(policy, match, statuses, undefined, NOW)

describe('policyStatus', () => {
  it('is ready once every container has the score', () => {
    const status = judge(said({}, {}))
    expect(status).toMatchObject({ observedGeneration: 3, applied: 2, failed: 0 })
    expect(status).not.toHaveProperty('failures')
    expect(status.conditions).toMatchObject([
      { type: 'Ready', status: 'True', reason: 'Applied', observedGeneration: 3 },
    ])
  })

  it('counts nothing that a node said of another value or another policy', () => {
    const status = judge(said({ oomScoreAdj: 400 }, { policy: 'q' }))
    expect(status).toMatchObject({ applied: 0, failed: 0, conditions: [{ status: 'False', reason: 'Applying' }] })
  })

  it('gathers the same failure of several containers', () => {
    const failed = { outcome: 'failed', reason: 'KernelRefused', message: 'no right' } as const
    expect(judge(said(failed, failed))).toMatchObject({
      failed: 2,
      failures: [{ reason: 'KernelRefused', message: 'no right', containers: 2 }],
      conditions: [{ status: 'False', reason: 'KernelRefused', message: 'no right' }],
    })
  })

  it('keeps the time of the last transition while Ready stays', () => {
    const before = judge(said({}, {}))
    const later = policyStatus(policy, match, said({}, {}), before, new Date('2026-03-02T10:00:00.000Z'))
    expect(later).toEqual(before)
  })
})
