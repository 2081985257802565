import { describe, expect, it } from '@jest/globals'
import { celRules } from './celRules.ts'
import { parsePolicies } from './parsePolicies.ts'

const holds = celRules()
const policy = (name: string, apiVersion = 'oomkeeper.io/v1alpha1') => ({
  apiVersion,
  kind: 'OOMPolicy',
  metadata: { name },
  spec: { all: true, oomScoreAdj: { value: 1 } },
})
const parse = (...documents: object[]) =>
  parsePolicies(documents.map((document) => JSON.stringify(document)).join('\n---\n'), holds)

describe('parsePolicies', () => {
  it('reads several documents, empty ones among them, and lists', () => {
    expect(parse(policy('a'), { kind: 'List', items: [policy('b')] }).policies.map(({ name }) => name)).toEqual([
      'a',
      'b',
    ])
    expect(parsePolicies(`---\n${JSON.stringify(policy('a'))}\n---\n`, holds)).toMatchObject({
      policies: [{ name: 'a', spec: { mode: 'Audit' } }],
      problems: [],
    })
  })

  it.each<[string, object, RegExp]>([
    [
      'another kind',
      { apiVersion: 'v1', kind: 'Pod' },
      /^document 1: expected OOMPolicy of oomkeeper\.io\/v1alpha1, got "Pod" of "v1"/,
    ],
    ['another version', policy('a', 'oomkeeper.io/v1'), /got "OOMPolicy" of "oomkeeper\.io\/v1"$/],
    ['a name that is none', policy('A_b'), /^policy A_b: metadata\.name: expected lower-case letters/],
    ['no name', { ...policy('a'), metadata: null }, /^document 1: metadata\.name: .* got none$/],
    ['a spec that is none', { ...policy('a'), spec: 5 }, /^policy a: spec: /],
    ['a number', 5 as unknown as object, /^document 1: expected OOMPolicy/],
  ])('refuses %s', (_what, document, problem) => {
    expect(parse(document).problems[0]).toMatch(problem)
  })

  it('refuses what is there twice, nothing, and what is no YAML', () => {
    expect(parse(policy('a'), policy('a')).problems).toEqual(['policy a is there twice'])
    expect(parsePolicies('', holds).problems).toEqual(['expected OOMPolicy of oomkeeper.io/v1alpha1, got no document'])
    expect(parsePolicies('a: [', holds).problems).toEqual([expect.stringMatching(/^it is no YAML: /)])
  })
})
