import { readFileSync } from 'node:fs'
import { expect, it } from '@jest/globals'
import { parseSession } from './session.ts'

it('reads the session of a process, whatever it calls itself', () => {
  expect(parseSession('7 (a) S 1 2 3 4) S 1 7 5 0 -1 4194560 7 0')).toBe(5)
  expect(parseSession(readFileSync('/proc/self/stat', 'latin1'))).toBeGreaterThanOrEqual(0)
})

it.each(['', '7 (sh', '7 (sh) S 1'])('tells none of %j', (stat) => {
  expect(parseSession(stat)).toBeUndefined()
})
