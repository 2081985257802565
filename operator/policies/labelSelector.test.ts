import { describe, expect, it } from '@jest/globals'
import { matchesLabels } from './labelSelector.ts'

const labels = { app: 'web', tier: 'front' }
const expression = (key: string, operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', values?: string[]) => ({
  matchExpressions: [{ key, operator, values }],
})

describe('matchesLabels', () => {
  it.each([
    ['an empty selector', {}],
    ['a label', { matchLabels: { app: 'web' } }],
    ['one of several values', expression('app', 'In', ['web', 'api'])],
    ['none of the values', expression('app', 'NotIn', ['api'])],
    ['NotIn of a missing label', expression('zone', 'NotIn', ['a'])],
    ['a label that is there', expression('tier', 'Exists')],
    ['a label that is not there', expression('zone', 'DoesNotExist')],
  ])('fits %s', (_what, selector) => {
    expect(matchesLabels(selector, labels)).toBe(true)
  })

  it.each([
    ['another value', { matchLabels: { app: 'api' } }],
    ['one of two labels', { matchLabels: { app: 'web', tier: 'back' } }],
    ['In of a missing label', expression('zone', 'In', ['a'])],
    ['a value that is excluded', expression('app', 'NotIn', ['web'])],
    ['a label that is missing', expression('zone', 'Exists')],
    ['a label that must not be', expression('app', 'DoesNotExist')],
    ['a name that every object has', expression('constructor', 'Exists')],
  ])('does not fit %s', (_what, selector) => {
    expect(matchesLabels(selector, labels)).toBe(false)
  })
})
