import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { nkeys } from 'nats'
import { isPublicNkey, makeSeed, readSeed } from './nkey.ts'

describe('a NATS key', () => {
  it('is read as the example of the NATS documentation has it', () => {
    const key = readSeed('SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY', 'user')
    expect(key.publicKey).toBe('UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4')
  })

  it.each(['user', 'account'] as const)('of a %s is what the library of NATS makes of the same seed', (kind) => {
    for (let n = 0; n < 2; n++) {
      const seed = makeSeed(kind, randomBytes(32))
      const theirs = nkeys.fromSeed(Buffer.from(seed))
      const ours = readSeed(seed, kind)
      expect(ours.publicKey).toBe(theirs.getPublicKey())
      expect(theirs.verify(Buffer.from('nonce'), ours.sign('nonce'))).toBe(true)
    }
  })

  it('is refused where it is of another kind, damaged, or none, without a word of it', () => {
    const seed = makeSeed('user', randomBytes(32))
    const damaged = `${seed.slice(0, -1)}${seed.endsWith('A') ? 'B' : 'A'}`
    for (const text of [
      damaged,
      makeSeed('account', randomBytes(32)),
      '',
      'S',
      seed.toLowerCase(),
      readSeed(seed, 'user').publicKey,
    ]) {
      expect(() => readSeed(text, 'user')).toThrow(
        `expected the seed of a NATS user key, got ${text.length} characters that are none`,
      )
    }
  })
})

describe('isPublicNkey', () => {
  it('tells the public key of a kind from everything else', () => {
    const user = readSeed(makeSeed('user', randomBytes(32)), 'user').publicKey
    expect(isPublicNkey(user, 'user')).toBe(true)
    expect(isPublicNkey(user, 'server')).toBe(false)
    for (const text of ['', user.slice(1), `${user}A`, user.replace(/^U/, 'A'), `${user}\n`, '\u{1f600}'])
      expect(isPublicNkey(text, 'user')).toBe(false)
  })
})
