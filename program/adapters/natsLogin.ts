import type { Logger } from 'pino'
import { tokenTrouble } from '#program/tokenClaims.ts'
import { SecretFile } from './secretFile.ts'

/** How a program says to a NATS server who it is. */
export interface NatsLogin {
  /** For the log. */
  name: string
  /** What to look at when the server refuses it. */
  refusalAdvice: string
  /** Called on each connection: what is in a file may have been renewed. @param nonce what the server wants signed. */
  authenticate(nonce?: string): { user: string; pass: string } | { auth_token: string } | { nkey: string; sig: string }
  /** Why it cannot be taken, as far as that can be known here. */
  trouble?(nowMs: number): string | undefined
}

export function passwordLogin(user: string, file: string, logger: Logger): NatsLogin {
  const password = new SecretFile(file, 'password', logger)
  return {
    name: `user ${user}`,
    refusalAdvice: 'do --nats-user and the password file belong together?',
    authenticate: () => ({ user, pass: password.read() }),
  }
}

/** With a token of the pod's service account, which the kubelet renews. @param audience that it has to be for. */
export function tokenLogin(file: string, audience: string, logger: Logger): NatsLogin {
  const token = new SecretFile(file, 'token', logger)
  return {
    name: 'service account token',
    refusalAdvice: "the operator's log says why, or no operator answers",
    authenticate: () => ({ auth_token: token.read() }),
    trouble: (nowMs) => (token.last === undefined ? undefined : tokenTrouble(token.last, audience, nowMs)),
  }
}
