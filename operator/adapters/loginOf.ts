import type { Logger } from 'pino'
import { passwordLogin, type NatsLogin } from '#program/adapters/natsLogin.ts'
import { resolveLogin, type LoginFlags } from '#program/natsLoginFlags.ts'
import { nkeyLogin } from './nkeyLogin.ts'

/** @throws ProgramError LoginUnclear */
export function loginOf(flags: Omit<LoginFlags, 'natsTokenFile'>, logger: Logger): NatsLogin {
  const choice = resolveLogin(flags, '--nats-seed-file')
  if (choice.kind === 'password') return passwordLogin(choice.user, choice.file, logger)
  return nkeyLogin(choice.file, logger)
}
