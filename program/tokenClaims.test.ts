import { describe, expect, it } from '@jest/globals'
import { MAX_TOKEN_CHARS, parseTokenClaims, tokenTrouble } from './tokenClaims.ts'

const CLAIMS = {
  exp: 1_800_000_000,
  aud: ['oomkeeper-nats'],
  sub: 'system:serviceaccount:oomkeeper:oomkeeper-agent',
  'kubernetes.io': { namespace: 'oomkeeper', pod: { name: 'p', uid: 'u' }, node: { name: 'n', uid: 'v' } },
}
const tokenOf = (claims: unknown): string => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`

describe('parseTokenClaims', () => {
  it('reads what a bound token says of itself', () => {
    const claims = parseTokenClaims(tokenOf(CLAIMS))
    expect(claims).toMatchObject({ exp: 1_800_000_000, aud: ['oomkeeper-nats'] })
    expect(claims?.['kubernetes.io']).toEqual({ pod: { name: 'p', uid: 'u' }, node: { name: 'n', uid: 'v' } })
    expect(parseTokenClaims(tokenOf({ ...CLAIMS, aud: 'one' }))?.aud).toEqual(['one'])
  })

  it.each([
    ['no JWT', 'secret'],
    ['four parts', `${tokenOf(CLAIMS)}.x`],
    ['no JSON', 'e30.x.y'],
    ['no end', tokenOf({ ...CLAIMS, exp: undefined })],
    ['a pod without a name', tokenOf({ ...CLAIMS, 'kubernetes.io': { pod: { uid: 'u' } } })],
    ['one that is longer than a login', `${tokenOf(CLAIMS)}${'x'.repeat(MAX_TOKEN_CHARS)}`],
  ])('takes %s for no token', (_what, token) => {
    expect(parseTokenClaims(token)).toBeUndefined()
  })
})

describe('tokenTrouble', () => {
  const endMs = CLAIMS.exp * 1_000
  it('says what a token says of itself, and never the token', () => {
    expect(tokenTrouble(tokenOf(CLAIMS), 'oomkeeper-nats', endMs - 1)).toBeUndefined()
    expect(tokenTrouble(tokenOf(CLAIMS), 'oomkeeper-nats', endMs)).toBe(
      'its token has expired at 2027-01-15T08:00:00.000Z: the kubelet has not renewed it',
    )
    expect(tokenTrouble(tokenOf(CLAIMS), 'other', 0)).toBe('its token is for another audience than other')
    expect(tokenTrouble('secret', 'other', 0)).toBe('the token file holds no service account token')
  })
})
