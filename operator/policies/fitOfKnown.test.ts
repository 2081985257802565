import { describe, expect, it } from '@jest/globals'
import { fitOfKnown } from './fitOfKnown.ts'

describe('fitOfKnown', () => {
  it.each([
    ['every process without matchers', undefined, { command: 'web' }, 'yes'],
    ['nothing of which no command is told', [{ command: '*' }], { command: undefined }, 'no'],
    ['by a glob', [{ command: 'w?b' }], { command: 'web' }, 'yes'],
    ['by any of them', [{ command: 'db' }, { command: 'web' }], { command: 'web' }, 'yes'],
    ['another command', [{ command: 'db', cmdline: 'x' }], { command: 'web' }, 'no'],
    ['a program that is not told', [{ command: 'web', exe: 'node' }], { command: 'web' }, 'unknown'],
    ['the first process, where that is told', [{ init: true }], { command: 'web', isFirst: true }, 'yes'],
    ['a later one', [{ init: true }], { command: 'web', isFirst: false }, 'no'],
    ['the first process, where that is not told', [{ init: true }], { command: 'web' }, 'unknown'],
  ] as const)('tells of %s', (_what, matchers, process, fit) => {
    expect(fitOfKnown(matchers, process)).toBe(fit)
  })
})
