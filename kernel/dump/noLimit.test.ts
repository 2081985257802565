import { expect, it } from '@jest/globals'
import { isLimited } from './noLimit.ts'

it.each([
  [524288, true],
  [0, true],
  [9007199254740988, false],
  [9007199254740928, false],
  [9007199254740991, false],
  [undefined, undefined],
])('a limit of %p kB is a limit: %p', (limitKib, limited) => {
  expect(isLimited(limitKib)).toBe(limited)
})
