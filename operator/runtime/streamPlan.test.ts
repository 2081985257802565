import { describe, expect, it } from '@jest/globals'
import { killStreamPlan, planStreamChange, rejectStreamPlan, withReplicas } from './streamPlan.ts'

const plan = killStreamPlan(1024)

describe('planStreamChange', () => {
  it('leaves a stream alone that is as it should be', () => {
    expect(planStreamChange({ ...plan, num_replicas: 3 }, plan)).toEqual({ kind: 'none' })
  })

  it('takes a flag that the server leaves out for false', () => {
    const { discard_new_per_subject: _flag, ...existing } = rejectStreamPlan
    expect(planStreamChange(existing, rejectStreamPlan)).toEqual({ kind: 'none' })
  })

  it('updates what loses nothing', () => {
    const change = planStreamChange({ ...plan, max_bytes: 1, max_age: 1 }, plan)
    expect(change).toEqual({ kind: 'update', fields: ['max_age', 'max_bytes'] })
  })

  it('brings a stream to as many replicas as are asked for, and leaves them where nothing is', () => {
    const existing = { ...plan, num_replicas: 1 }
    expect(planStreamChange(existing, withReplicas(plan, 3))).toEqual({ kind: 'update', fields: ['num_replicas'] })
    expect(planStreamChange(existing, withReplicas(plan, undefined))).toEqual({ kind: 'none' })
  })

  it.each([
    ['discard', { discard: 'old' }, 'discard: expected "new", got "old"'],
    ['max_msgs_per_subject', { max_msgs_per_subject: -1 }, 'max_msgs_per_subject: expected 1, got -1'],
    ['storage', { storage: 'memory' }, 'storage: expected "file", got "memory"'],
    ['sealed', { sealed: true }, 'sealed: expected false, got true'],
    ['mirror', { mirror: { name: 'x' } }, 'sources: expected none, got a mirror or sources'],
  ])('calls another %s dangerous', (_field, existing, difference) => {
    expect(planStreamChange({ ...plan, ...existing }, plan)).toEqual({ kind: 'danger', differences: [difference] })
  })
})
