import { describe, expect, it } from '@jest/globals'
import { planSlices } from './planSlices.ts'

const item = (name: string | undefined) => ({
  key: name === undefined ? undefined : { kind: 'NodeOOMReport' as const, name },
})

describe('planSlices', () => {
  it('keeps the order and lets no report gain more than it keeps', () => {
    const batch = ['a', 'a', 'b', 'a', undefined, 'b', 'b', 'b'].map(item)
    const slices = planSlices(batch, 2)
    expect(slices.map((slice) => slice.map(({ key }) => key?.name))).toEqual([
      ['a', 'a', 'b'],
      ['a', undefined, 'b', 'b'],
      ['b'],
    ])
    expect(slices.flat()).toEqual(batch)
  })
})
