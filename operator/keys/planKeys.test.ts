import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { makeSeed, readSeed } from '../identity/nkey.ts'
import { planKeys } from './planKeys.ts'

describe('planKeys', () => {
  it('makes three seeds with their public halves, and nothing where all is there', () => {
    const made = planKeys('callout', {}, randomBytes)
    expect(Object.keys(made).sort()).toEqual([
      'callout-public',
      'callout-seed',
      'issuer-public',
      'issuer-seed',
      'operator-public',
      'operator-seed',
      'route-password',
    ])
    expect(made['issuer-public']).toBe(readSeed(made['issuer-seed'] ?? '', 'account').publicKey)
    expect(planKeys('callout', made, randomBytes)).toEqual({})
  })

  it('adds what is missing and keeps the rest, passwords of before too', () => {
    const seed = makeSeed('user', randomBytes(32))
    const added = planKeys('callout', { 'operator-seed': seed, 'agent-password': 'p1' }, randomBytes)
    expect(Object.keys(added)).not.toContain('operator-seed')
    expect(added['operator-public']).toBe(readSeed(seed, 'user').publicKey)
    expect(added).not.toHaveProperty('agent-password')
  })

  it('puts right a public half that is not that of the seed', () => {
    const made = planKeys('callout', {}, randomBytes)
    const damaged = { ...made, 'operator-public': 'UOTHER' }
    expect(planKeys('callout', damaged, randomBytes)).toEqual({ 'operator-public': made['operator-public'] })
  })

  it('makes passwords that a configuration of nats-server takes for text', () => {
    const made = planKeys('token', {}, randomBytes)
    for (const name of ['agent-password', 'operator-password', 'route-password'])
      expect(made[name]).toMatch(/^p[0-9a-f]{48}$/)
    expect(made['agent-password']).not.toBe(made['operator-password'])
    expect(planKeys('token', made, randomBytes)).toEqual({})
  })

  it('leaves a seed alone that it cannot read, and says so', () => {
    expect(() => planKeys('callout', { 'issuer-seed': 'x' }, randomBytes)).toThrow(
      /^expected the seed of a NATS account key/,
    )
  })
})
