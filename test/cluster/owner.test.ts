import { describe, expect, it } from '@jest/globals'
import { judgeOwner, type OwnerFacts } from './owner.ts'

const facts: OwnerFacts = {
  thisCheckout: '/src/a',
  sameBoot: true,
  checkoutExists: () => true,
  isAlive: () => true,
}
const run = { pid: 7, startTicks: 100 }

describe('judgeOwner', () => {
  it('knows a cluster of this checkout, kept or held by a living run', () => {
    expect(judgeOwner({ checkout: '/src/a' }, facts)).toBe('ours')
    expect(judgeOwner({ checkout: '/src/a', process: run }, facts)).toBe('ours')
  })

  it('leaves a living cluster of another checkout alone', () => {
    expect(judgeOwner({ checkout: '/src/b' }, facts)).toBe('other')
    expect(judgeOwner({ checkout: '/src/b', process: run }, facts)).toBe('other')
  })

  it('calls it gone when the checkout was removed', () => {
    expect(judgeOwner({ checkout: '/src/b' }, { ...facts, checkoutExists: () => false })).toBe('gone')
  })

  it('calls it gone when the run that held it has died', () => {
    expect(judgeOwner({ checkout: '/src/b', process: run }, { ...facts, isAlive: () => false })).toBe('gone')
    expect(judgeOwner({ checkout: '/src/a', process: run }, { ...facts, isAlive: () => false })).toBe('gone')
  })

  it('calls it gone after a reboot', () => {
    expect(judgeOwner({ checkout: '/src/a' }, { ...facts, sameBoot: false })).toBe('gone')
  })
})
