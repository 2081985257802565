import { describe, expect, it } from '@jest/globals'
import { draftRollback } from './draftRollback.ts'

describe('draftRollback', () => {
  it('tells it of the policy and of the node', () => {
    const drafts = draftRollback({ name: 'keep-db', uid: 'u' }, 'node-a', 1_000)
    expect(drafts.map(({ regarding, note }) => [regarding.kind, regarding.name, note])).toEqual([
      [
        'OOMPolicy',
        'keep-db',
        "taken back from node node-a: the node's memory ran out soon after the policy was first applied there; change the policy or its annotation oomkeeper.io/retry to try again",
      ],
      [
        'Node',
        'node-a',
        "OOMPolicy keep-db is not applied here any more: the node's memory ran out soon after the policy was first applied there",
      ],
    ])
  })
})
