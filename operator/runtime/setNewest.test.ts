import { expect, it } from '@jest/globals'
import { setNewest } from './setNewest.ts'

it('setNewest puts what is set last, and lets the oldest go', () => {
  const map = new Map<string, number>()
  for (const [at, key] of ['a', 'b', 'a', 'c'].entries()) setNewest(map, key, at, 2)
  expect([...map]).toEqual([
    ['a', 2],
    ['c', 3],
  ])
})
