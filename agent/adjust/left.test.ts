import { describe, expect, it } from '@jest/globals'
import { processOf } from '../testing/rules.ts'
import { countLeft } from './left.ts'
import type { KillScope } from './target.ts'

const A = 'a'.repeat(64)
const ORIGINAL = { [A]: { original: 0, applied: [500], processes: { '2/20': 100 } } }

function left(scores: Record<number, number>, killScope?: { own: KillScope; now: KillScope }): number {
  const processes = Object.entries(scores).map(([pid, score]) => processOf(Number(pid), score))
  const container = { containerId: A, podUid: 'p', name: 'app', cgroup: '/a', processes }
  return countLeft(ORIGINAL, killScope === undefined ? {} : { [A]: killScope.own }, {
    observe: ({ containerIds }) => (containerIds.has(A) && processes.length > 0 ? [container] : []),
    readKillScope: () => killScope?.now,
  })
}

describe('countLeft', () => {
  it('counts a container of which a process has a score that was set', () => {
    expect(left({ 1: 0, 2: 500 })).toBe(1)
  })

  it('counts none that has its own, or somebody else’s, and none that has ended', () => {
    expect(left({ 1: 0, 2: 100, 3: 700 })).toBe(0)
    expect(left({})).toBe(0)
  })

  it('counts one whose kill scope is not its own', () => {
    expect(left({ 1: 0 }, { own: 'Container', now: 'Process' })).toBe(1)
    expect(left({ 1: 0 }, { own: 'Container', now: 'Container' })).toBe(0)
  })

  it('looks at nothing where nothing was set', () => {
    const never = () => {
      throw new Error('looked')
    }
    expect(countLeft({}, {}, { observe: never, readKillScope: never })).toBe(0)
  })
})
