import { describe, expect, it } from '@jest/globals'
import { planBudget, type ProtectedContainer } from './planBudget.ts'

const wantedOf = (container: string, changes: Partial<ProtectedContainer> = {}): ProtectedContainer => ({
  policy: 'p',
  priority: 0,
  mode: 'Enforce',
  container,
  createdSeconds: 1_000,
  memoryKib: 100,
  ...changes,
})

const refused = (wanted: ProtectedContainer[], budgetKib = 200): string[] =>
  [...planBudget(wanted, budgetKib)].map(({ policy, container }) => `${policy}/${container}`).toSorted()

describe('planBudget', () => {
  it('refuses nothing up to the budget', () => {
    expect(refused([wantedOf('a'), wantedOf('b')])).toEqual([])
  })

  it('refuses the lowest priority first, then the newest pod', () => {
    const old = wantedOf('old', { createdSeconds: 1 })
    expect(refused([wantedOf('low', { priority: -1, createdSeconds: 0 }), old, wantedOf('new')])).toEqual(['p/low'])
    expect(refused([wantedOf('new'), old, wantedOf('high', { priority: 1 })])).toEqual(['p/new'])
  })

  it('refuses the same in whatever order they come', () => {
    const wanted = ['c', 'a', 'b'].map((name) => wantedOf(name))
    expect([refused(wanted), refused(wanted.toReversed())]).toEqual([['p/c'], ['p/c']])
  })

  it('counts a container once, whichever policies protect it', () => {
    expect(refused([wantedOf('a'), wantedOf('a', { policy: 'q' }), wantedOf('b')])).toEqual([])
    expect(refused([wantedOf('a'), wantedOf('a', { policy: 'q' }), wantedOf('b')], 150)).toEqual(['p/b'])
  })

  it('takes a smaller one where a larger one finds no room', () => {
    const large = wantedOf('large', { priority: 1, memoryKib: 300 })
    expect(refused([large, wantedOf('small')])).toEqual(['p/large'])
  })

  it('judges a policy that only audits as if it alone were added', () => {
    const audits = ['q', 'r'].map((policy) => wantedOf(policy, { policy, mode: 'Audit', priority: -1 }))
    const high = wantedOf('high', { policy: 'high', mode: 'Audit', priority: 9 })
    expect(refused([wantedOf('a'), ...audits, high])).toEqual([])
    expect(refused([wantedOf('a'), wantedOf('b'), ...audits, high])).toEqual(['q/q', 'r/r'])
  })
})
