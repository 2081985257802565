import { describe, expect, it } from '@jest/globals'
import type { NodeWord } from '../policies/release.ts'
import { POLICY_UID, policyOf } from '../testing/policies.ts'
import type { DesiredStates } from './desiredStates.ts'
import { Releases } from './releases.ts'

const POLICY = policyOf('p', {}, { deleting: true })
const NOTHING: NodeWord = { rules: [], reasons: [], containers: [], desiredRevision: 9, restoring: 0 }
const HOLDING: NodeWord = {
  ...NOTHING,
  rules: [{ policy: 'p', uid: POLICY_UID, generation: 1 }],
  containers: [{ containerId: 'c'.repeat(64), outcomes: [{ rule: 0, outcome: 'applied', processes: 1 }] }],
  desiredRevision: 8,
}
/** Those of an operator that began after another one had deleted the node's state. */
const statesAt = (revision: number) => ({ nodesOf: () => [], revisionOf: () => revision }) as unknown as DesiredStates
/** It has not looked for it yet. */
const unknown = statesAt(0)

describe('Releases', () => {
  it('waits for a node that speaks of the policy, whatever is known here of its state', () => {
    const said = new Map([['node-a', HOLDING]])
    const releases = new Releases(said)
    releases.begin(POLICY, unknown, 0, false)
    expect(releases.due(POLICY, unknown, 0)).toBeUndefined()
    said.set('node-a', NOTHING)
    expect(releases.due(POLICY, unknown, 100)).toEqual([])
  })

  it.each([
    [true, undefined],
    [false, []],
  ])(
    'waits for a node that has said nothing since its state was deleted, where it was so before: %p',
    (isInherited, due) => {
      const said = new Map<string, NodeWord>([['node-a', { ...NOTHING, desiredRevision: 7 }]])
      const releases = new Releases(said)
      releases.begin(POLICY, statesAt(9), 0, isInherited)
      expect(releases.due(POLICY, statesAt(9), 0)).toEqual(due)
      said.set('node-a', NOTHING)
      expect(releases.due(POLICY, statesAt(9), 100)).toEqual([])
    },
  )

  it('waits until it is known what the operator before wrote last, and no longer than for a node', () => {
    const said = new Map([['node-a', NOTHING]])
    const releases = new Releases(said)
    releases.begin(POLICY, unknown, 0, true)
    expect(releases.due(POLICY, unknown, 59_999)).toBeUndefined()
    expect(releases.due(POLICY, unknown, 60_000)).toEqual([])
  })

  it('waits for one that is heard of later, too', () => {
    const said = new Map<string, NodeWord>()
    const releases = new Releases(said)
    releases.begin(POLICY, unknown, 0, false)
    said.set('node-a', HOLDING)
    expect(releases.due(POLICY, unknown, 59_999)).toBeUndefined()
    expect(releases.due(POLICY, unknown, 60_000)).toEqual(['node-a'])
  })
})
