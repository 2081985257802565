import { describe, expect, it } from '@jest/globals'
import type { DesiredContainer } from '#contract/desiredState.ts'
import { resolveTargets, type ObservedContainer } from './target.ts'

const want = (changes: Partial<DesiredContainer> = {}): DesiredContainer => ({
  podUid: 'pod-1',
  name: 'app',
  containerId: 'one',
  oomScoreAdj: 500,
  policy: 'p',
  ...changes,
})
const see = (containerId: string, name?: string, podUid = 'pod-1'): ObservedContainer => ({
  containerId,
  podUid,
  name,
  processes: [],
})
const ids = (desired: DesiredContainer[], observed: ObservedContainer[]): string[] =>
  resolveTargets(desired, observed).map(({ containerId, oomScoreAdj }) => `${containerId}=${oomScoreAdj}`)

describe('resolveTargets', () => {
  it('takes a container by its id, whatever it calls itself, and one that is not there', () => {
    expect(ids([want()], [see('one', 'other')])).toEqual(['one=500'])
    expect(ids([want()], [])).toEqual(['one=500'])
  })

  it('takes the next container of the same name before the apiserver has told its id', () => {
    expect(ids([want()], [see('one'), see('two', 'app')])).toEqual(['one=500', 'two=500'])
    const { containerId: _, ...waiting } = want()
    expect(ids([waiting], [see('two', 'app')])).toEqual(['two=500'])
  })

  it('takes no sandbox, no other name and no other pod', () => {
    expect(ids([want()], [see('sandbox'), see('side', 'sidecar'), see('far', 'app', 'pod-2')])).toEqual(['one=500'])
  })

  it('lets the id decide against the name that a container gives itself', () => {
    const other = want({ name: 'sidecar', containerId: 'two', oomScoreAdj: 100 })
    expect(ids([want(), other], [see('two', 'app')])).toEqual(['one=500', 'two=100'])
  })
})
