import { describe, expect, it } from '@jest/globals'
import { nodesBehind, type NodeWord } from './release.ts'

const NOTHING = { rules: [], reasons: [], containers: [] }
const word = (desiredRevision: number, restoring = 0): NodeWord => ({
  ...NOTHING,
  desiredRevision,
  restoring,
})
const behind = (words: Record<string, NodeWord>): string[] =>
  nodesBehind(new Map([['node-a', 7]]), new Map(Object.entries(words)))

describe('nodesBehind', () => {
  it('is empty once the node has read the state without the policy and holds nothing back', () => {
    expect(behind({ 'node-a': word(7) })).toEqual([])
    expect(behind({ 'node-a': word(9) })).toEqual([])
  })

  it.each([
    ['has said nothing yet', {}],
    ['speaks of an older state', { 'node-a': word(6) }],
    ['could not give back everything', { 'node-a': word(7, 1) }],
    ['speaks as agents did before they told a revision', { 'node-a': NOTHING }],
  ])('names a node that %s', (_what, words) => {
    expect(behind(words)).toEqual(['node-a'])
  })

  it('asks no more of a node whose agent only detects than that nothing of ours is left there', () => {
    expect(behind({ 'node-a': { ...NOTHING, mode: 'detect', restoring: 0 } })).toEqual([])
    expect(behind({ 'node-a': { ...NOTHING, mode: 'detect', restoring: 2 } })).toEqual(['node-a'])
    expect(behind({ 'node-a': { ...NOTHING, mode: 'raise' } })).toEqual(['node-a'])
  })

  it('asks nothing of other nodes', () => {
    expect(behind({ 'node-a': word(7), 'node-b': word(1, 3) })).toEqual([])
  })
})
