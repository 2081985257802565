import { describe, expect, it } from '@jest/globals'
import type { DesiredContainer } from '#contract/desiredState.ts'
import { ruleOf } from '../testing/rules.ts'
import { resolveTargets, type ObservedContainer } from './target.ts'

const RULES = [ruleOf({ policy: 'a' }), ruleOf({ policy: 'b' })]
const want = (changes: Partial<DesiredContainer> = {}): DesiredContainer => ({
  podUid: 'pod-1',
  name: 'app',
  containerId: 'one',
  rules: [0],
  ...changes,
})
const see = (containerId: string, name?: string, podUid = 'pod-1'): ObservedContainer => ({
  containerId,
  podUid,
  name,
  cgroup: '/a',
  processes: [],
})
const ids = (containers: DesiredContainer[], observed: ObservedContainer[]): string[] =>
  resolveTargets({ rules: RULES, containers }, observed).map(
    ({ containerId, rules }) => `${containerId}=${rules.map(({ policy }) => policy).join()}`,
  )

describe('resolveTargets', () => {
  it('takes a container by its id, whatever it calls itself, and one that is not there', () => {
    expect(ids([want()], [see('one', 'other')])).toEqual(['one=a'])
    expect(ids([want()], [])).toEqual(['one=a'])
  })

  it('takes the next container of the same name before the apiserver has told its id', () => {
    expect(ids([want()], [see('one'), see('two', 'app')])).toEqual(['one=a', 'two=a'])
    const { containerId: _, ...waiting } = want()
    expect(ids([waiting], [see('two', 'app')])).toEqual(['two=a'])
  })

  it('takes no sandbox, no other name and no other pod', () => {
    expect(ids([want()], [see('sandbox'), see('side', 'sidecar'), see('far', 'app', 'pod-2')])).toEqual(['one=a'])
  })

  it('lets the id decide against the name that a container gives itself', () => {
    const other = want({ name: 'sidecar', containerId: 'two', rules: [1] })
    expect(ids([want(), other], [see('two', 'app')])).toEqual(['one=a', 'two=b'])
  })

  it('keeps the order of precedence', () => {
    expect(ids([want({ rules: [0, 1] })], [])).toEqual(['one=a,b'])
  })
})
