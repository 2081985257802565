import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import type { NatsLogin } from '#program/adapters/natsLogin.ts'
import { SecretFile } from '#program/adapters/secretFile.ts'
import { readSeed, type Nkey, type NkeyKind } from '../identity/nkey.ts'
import { operatorError } from '../errors.ts'

/** Logs in with a key of its own: the server knows the public half, and what it asks is signed. */
export function nkeyLogin(seedFile: string, logger: Logger): NatsLogin {
  const file = new SecretFile(seedFile, 'seed', logger)
  let last: { text: string; key: Nkey } | undefined
  /** One that is damaged while it is renewed is the one of before: the client ends its connection for good when it gets none. */
  const read = (): Nkey => {
    const text = file.read()
    if (last?.text === text) return last.key
    try {
      last = { text, key: seedOf(text, 'user') }
    } catch (error) {
      if (last === undefined) throw error
      logger.warn(`${messageOf(error)}; going on with the key that was read last`)
    }
    return last.key
  }
  return {
    name: 'the key of the seed file',
    refusalAdvice: 'does the server know the public half of that key?',
    authenticate: (nonce = '') => {
      const key = read()
      return { nkey: key.publicKey, sig: key.sign(nonce).toString('base64url') }
    },
  }
}

/** @throws ProgramError SeedUnusable, SecretUnreadable */
export function readSeedFile(path: string, kind: NkeyKind, logger: Logger): Nkey {
  return seedOf(new SecretFile(path, 'seed', logger).read(), kind)
}

function seedOf(text: string, kind: NkeyKind): Nkey {
  try {
    return readSeed(text, kind)
  } catch (error) {
    throw operatorError('SeedUnusable', error instanceof Error ? error.message : String(error), { cause: error })
  }
}
