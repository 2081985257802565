import { describe, expect, it } from '@jest/globals'
import { MAX_ROLLED_BACK_NODES } from '../api/oomPolicy.ts'
import { policyOf } from '../testing/policies.ts'
import { currentRollback, isWithdrawn, rollBack, withdrawnFrom, type Rollback } from './rollback.ts'

const WINDOW_MS = 600_000
const APPLIED_MS = Date.parse('2026-03-01T10:00:00.000Z')
const policy = policyOf('p', {}, { generation: 3, retry: 'once' })
const killAfter = (ms: number, node = 'node-a') => ({ node, atMs: APPLIED_MS + ms })
const NODE_A: Rollback = {
  generation: 3,
  retry: 'once',
  nodes: [{ node: 'node-a', time: '2026-03-01T10:00:01.000Z' }],
}

describe('rollBack', () => {
  it('takes a policy back from the node of a kill within the window', () => {
    expect(rollBack(policy, undefined, killAfter(1_000), APPLIED_MS, WINDOW_MS)).toEqual(NODE_A)
    expect(rollBack(policy, undefined, killAfter(WINDOW_MS), APPLIED_MS, WINDOW_MS)?.nodes).toHaveLength(1)
  })

  it.each([
    ['after the window', killAfter(WINDOW_MS + 1), APPLIED_MS],
    ['before it was applied', killAfter(-1), APPLIED_MS],
    ['where it is not applied', killAfter(1_000), undefined],
  ])('leaves it where the kill was %s', (_when, kill, appliedMs) => {
    expect(rollBack(policy, undefined, kill, appliedMs, WINDOW_MS)).toBeUndefined()
  })

  it('adds each node once', () => {
    expect(rollBack(policy, NODE_A, killAfter(9_000), APPLIED_MS, WINDOW_MS)).toBe(NODE_A)
    const more = rollBack(policy, NODE_A, killAfter(9_000, 'node-b'), APPLIED_MS, WINDOW_MS)
    expect(more?.nodes.map(({ node }) => node)).toEqual(['node-a', 'node-b'])
  })

  it('takes it back everywhere when there are more nodes than are named', () => {
    let rollback: Rollback | undefined
    for (let index = 0; index <= MAX_ROLLED_BACK_NODES; index++) {
      expect(isWithdrawn(withdrawnFrom(rollback), 'another')).toBe(index >= MAX_ROLLED_BACK_NODES)
      rollback = rollBack(policy, rollback, killAfter(1_000, `node-${index}`), APPLIED_MS, WINDOW_MS)
    }
    expect(rollback?.nodes).toHaveLength(MAX_ROLLED_BACK_NODES)
  })
})

describe('currentRollback', () => {
  it('holds until the spec changes, or the annotation', () => {
    expect(currentRollback(policy, NODE_A)).toBe(NODE_A)
    expect(currentRollback({ ...policy, generation: 4 }, NODE_A)).toBeUndefined()
    expect(currentRollback({ ...policy, retry: 'twice' }, NODE_A)).toBeUndefined()
    expect(currentRollback(policyOf('p', {}, { generation: 3 }), NODE_A)).toBeUndefined()
  })
})
