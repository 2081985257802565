import { EXIT, ProgramError } from './errors.ts'

/** The flags that say how a program logs in to NATS, of which one way is to be given. */
export interface LoginFlags {
  natsUser: string | undefined
  natsPasswordFile: string | undefined
  natsTokenFile?: string | undefined
  natsSeedFile?: string | undefined
}

export type LoginChoice =
  | { kind: 'password'; user: string; file: string }
  | { kind: 'token'; file: string }
  | { kind: 'seed'; file: string }

/** @param other The program's way beside user and password. @throws ProgramError LoginUnclear */
export function resolveLogin(flags: LoginFlags, other: '--nats-token-file' | '--nats-seed-file'): LoginChoice {
  const { natsUser: user, natsPasswordFile, natsTokenFile, natsSeedFile } = flags
  const choices: LoginChoice[] = [
    ...(natsTokenFile === undefined ? [] : [{ kind: 'token', file: natsTokenFile } as const]),
    ...(natsSeedFile === undefined ? [] : [{ kind: 'seed', file: natsSeedFile } as const]),
    ...(natsPasswordFile === undefined || user === undefined
      ? []
      : [{ kind: 'password', user, file: natsPasswordFile } as const]),
  ]
  const [choice, more] = choices
  if (choice !== undefined && more === undefined) return choice
  const got = choice === undefined ? 'neither' : 'both'
  throw new ProgramError(`expected ${other}, or --nats-user and --nats-password-file, got ${got}`, {
    code: 'LoginUnclear',
    retry: false,
    exitCode: EXIT.usage,
  })
}
