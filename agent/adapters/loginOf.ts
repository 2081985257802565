import type { Logger } from 'pino'
import { TOKEN_AUDIENCE } from '#contract/nodeLogin.ts'
import { passwordLogin, tokenLogin, type NatsLogin } from '#program/adapters/natsLogin.ts'
import { resolveLogin, type LoginFlags } from '#program/natsLoginFlags.ts'

/** @throws ProgramError LoginUnclear */
export function loginOf(flags: Omit<LoginFlags, 'natsSeedFile'>, logger: Logger): NatsLogin {
  const choice = resolveLogin(flags, '--nats-token-file')
  if (choice.kind === 'password') return passwordLogin(choice.user, choice.file, logger)
  return tokenLogin(choice.file, TOKEN_AUDIENCE, logger)
}
