import { randomBytes } from 'node:crypto'
import { makeSeed, readSeed } from '../../../operator/identity/nkey.ts'
import type { CalloutKeys } from './config.ts'

/** The private halves of the keys in a server's configuration. */
export type CalloutSeeds = CalloutKeys

export function makeCalloutSeeds(): CalloutSeeds {
  return {
    issuer: makeSeed('account', randomBytes(32)),
    callout: makeSeed('user', randomBytes(32)),
    operator: makeSeed('user', randomBytes(32)),
  }
}

export function publicKeysOf({ issuer, callout, operator }: CalloutSeeds): CalloutKeys {
  return {
    issuer: readSeed(issuer, 'account').publicKey,
    callout: readSeed(callout, 'user').publicKey,
    operator: readSeed(operator, 'user').publicKey,
  }
}
