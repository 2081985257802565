import { describe, expect, it } from '@jest/globals'
import { resolveLogin, type LoginFlags } from './natsLoginFlags.ts'

const NONE: LoginFlags = { natsUser: undefined, natsPasswordFile: undefined }
const PASSWORD: LoginFlags = { natsUser: 'agent', natsPasswordFile: '/p' }

describe('resolveLogin', () => {
  it('takes the one way that is given', () => {
    expect(resolveLogin(PASSWORD, '--nats-token-file')).toEqual({ kind: 'password', user: 'agent', file: '/p' })
    expect(resolveLogin({ ...NONE, natsTokenFile: '/t' }, '--nats-token-file')).toEqual({ kind: 'token', file: '/t' })
    // A user alone is the default of a flag.
    expect(resolveLogin({ ...NONE, natsUser: 'operator', natsSeedFile: '/s' }, '--nats-seed-file')).toEqual({
      kind: 'seed',
      file: '/s',
    })
  })

  it.each([
    ['neither', NONE],
    ['neither', { ...NONE, natsUser: 'agent' }],
    ['both', { ...PASSWORD, natsTokenFile: '/t' }],
  ])('refuses %s in words', (got, flags) => {
    expect(() => resolveLogin(flags, '--nats-token-file')).toThrow(
      `expected --nats-token-file, or --nats-user and --nats-password-file, got ${got}`,
    )
  })
})
