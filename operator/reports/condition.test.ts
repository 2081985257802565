import { describe, expect, it } from '@jest/globals'
import { settleCondition, withOthers } from './condition.ts'

const verdict = { status: 'True' as const, reason: 'KillsRepeat', message: '3 kills' }
const first = settleCondition([], 'Recurring', verdict, new Date(1_000), 1)

describe('settleCondition', () => {
  it('keeps the time while the status stays, whatever else changes', () => {
    const next = settleCondition([first], 'Recurring', { ...verdict, message: '4 kills' }, new Date(2_000), 2)
    expect(next).toEqual({ ...first, message: '4 kills', observedGeneration: 2 })
  })

  it('takes the time of a change of status', () => {
    const next = settleCondition([first], 'Recurring', { ...verdict, status: 'False' }, new Date(2_000), 1)
    expect(next.lastTransitionTime).toBe('1970-01-01T00:00:02.000Z')
  })
})

describe('withOthers', () => {
  it('leaves what others say in its place', () => {
    const theirs = { ...first, type: 'EventsRejected' }
    expect(withOthers([theirs, { ...first, message: 'old' }], [first])).toEqual([first, theirs])
  })
})
