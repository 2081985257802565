import { parseArgs } from 'node:util'
import { flagName, variableName } from './flagNames.ts'
import { formatUsage, type About } from './usage.ts'

/**
 * Reads the text of one value: any zod schema does. Zod itself is not imported here, so that a program that must start
 * fast can do without it.
 */
export interface FlagSchema<T> {
  safeParse(
    text: string,
  ): { success: true; data: T } | { success: false; error: { issues: readonly { message: string }[] } }
}

/** A flag and its environment twin: `--nats-url` is `OOMKEEPER_NATS_URL`. The flag wins. */
export interface Flag<T> {
  /** Reads the text of the flag or the variable. */
  schema: FlagSchema<T>
  help: string
  /** What stands for the value in the usage text. */
  placeholder: string
  /** Text, read by the schema like any other; without one the flag is required, with null it may be absent. */
  default: string | null | undefined
  /** Given without a value: it is on. */
  isSwitch?: true
  /** Without a twin: another program's variable of that name means something else. */
  isArgumentOnly?: true
  /** A letter that stands for it: `-n`. */
  letter?: string
}

export type Flags = Record<string, Flag<unknown>>
export type FlagValues<F extends Flags> = { [K in keyof F]: F[K] extends Flag<infer T> ? T : never }

/** What a command takes beside its flags: a file, say. */
export interface Operand {
  placeholder: string
  help: string
  /** How many there may be, which are then told as `operands`; one without it. */
  most?: number
}

export type ParsedFlags<F extends Flags> =
  | { kind: 'values'; values: FlagValues<F>; operand?: string | undefined; operands?: readonly string[] }
  | { kind: 'help'; text: string }
  | { kind: 'version' }
  | { kind: 'problems'; problems: readonly string[] }

export function required<T>(schema: FlagSchema<T>, placeholder: string, help: string): Flag<T> {
  return { schema, help, placeholder, default: undefined }
}

export function withDefault<T>(schema: FlagSchema<T>, placeholder: string, value: string, help: string): Flag<T> {
  return { schema, help, placeholder, default: value }
}

export function optional<T>(schema: FlagSchema<T>, placeholder: string, help: string): Flag<T | undefined> {
  return { schema, help, placeholder, default: null }
}

/** On when given; its environment twin is `true` or `false`. */
export function switchedOff(help: string): Flag<boolean> {
  const schema: FlagSchema<boolean> = {
    safeParse: (text) =>
      text === 'true' || text === 'false'
        ? { success: true, data: text === 'true' }
        : { success: false, error: { issues: [{ message: 'it must be true or false' }] } },
  }
  return { schema, help, placeholder: 'true|false', default: 'false', isSwitch: true }
}

/** With a letter for it, as kubectl has them. */
export function lettered<T>(letter: string, flag: Flag<T>): Flag<T> {
  return { ...flag, letter }
}

/** On the command line alone. */
export function argumentOnly<T>(flag: Flag<T>): Flag<T> {
  return { ...flag, isArgumentOnly: true }
}

/** Reads the command line and the environment, and reports every problem at once. */
export function parseFlags<F extends Flags>(
  program: string,
  flags: F,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  about: About = {},
): ParsedFlags<F> {
  const { operand } = about
  const keyByName = new Map(Object.keys(flags).map((key) => [flagName(key), key]))
  const options = Object.fromEntries([...keyByName].map(([name, key]) => [name, optionOf(flags[key])] as const))
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...options, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
    strict: false,
    tokens: true,
  })

  const problems: string[] = []
  const operands: string[] = []
  const texts = new Map<string, { text: string; from: string }>()
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1]
    // What follows an unknown flag is most likely its value: one mistake, one problem.
    const stray = before?.kind !== 'option' || keyByName.has(before.name)
    if (token.kind === 'positional' && stray) {
      const after = before?.kind === 'option' ? keyByName.get(before.name) : undefined
      if (operands.length < mostOf(operand)) operands.push(token.value)
      else if (after !== undefined && flags[after]?.isSwitch) {
        problems.push(`--${flagName(after)}: expected no value, got "${token.value}"`)
      } else
        problems.push(
          `expected ${operand === undefined ? 'flags only' : `${mostOf(operand) > 1 ? 'at most' : 'one'} ${operand.placeholder}`}, got "${token.value}"`,
        )
    }
    if (token.kind !== 'option') continue
    if (token.name === 'help' || token.name === 'h') return { kind: 'help', text: formatUsage(program, flags, about) }
    if (token.name === 'version') return { kind: 'version' }
    const key = keyByName.get(token.name)
    if (key === undefined) problems.push(`${token.rawName}: no such flag${suggestion(token.name, keyByName)}`)
    else if (flags[key]?.isSwitch && token.value === undefined) texts.set(key, { text: 'true', from: token.rawName })
    else if (token.value === undefined) problems.push(`${token.rawName}: expected a value, got none`)
    else texts.set(key, { text: token.value, from: token.rawName })
  }

  const values: Record<string, unknown> = {}
  for (const [key, flag] of Object.entries(flags)) {
    const variable = variableName(key)
    const fromEnv = flag.isArgumentOnly ? undefined : env[variable]
    const set = texts.get(key) ?? (fromEnv ? { text: fromEnv, from: variable } : undefined)
    if (set === undefined && flag.default === null) continue
    if (set === undefined && flag.default === undefined) {
      problems.push(`--${flagName(key)}: expected ${flag.placeholder} (or ${variable}), got nothing: ${flag.help}`)
      continue
    }
    const { text, from } = set ?? { text: flag.default ?? '', from: `--${flagName(key)}` }
    const result = flag.schema.safeParse(text)
    if (result.success) values[key] = result.data
    else problems.push(`${from}: expected ${flag.placeholder}, got "${text}": ${firstIssue(result.error)}`)
  }
  if (problems.length > 0) return { kind: 'problems', problems }
  const all = operand?.most === undefined ? {} : { operands }
  return { kind: 'values', values: values as FlagValues<F>, operand: operands[0], ...all }
}

function mostOf(operand: Operand | undefined): number {
  return operand === undefined ? 0 : (operand.most ?? 1)
}

function optionOf(flag: Flag<unknown> | undefined): { type: 'boolean' | 'string'; short?: string } {
  const type = flag?.isSwitch ? 'boolean' : 'string'
  return flag?.letter === undefined ? { type } : { type, short: flag.letter }
}

function firstIssue(error: { issues: readonly { message: string }[] }): string {
  return error.issues[0]?.message ?? 'not accepted'
}

/** A letter alone may mean anything. */
const MIN_NEAR_LENGTH = 3

function suggestion(name: string, known: ReadonlyMap<string, string>): string {
  const names = name.length < MIN_NEAR_LENGTH ? [] : [...known.keys()]
  const near = names.find((candidate) => candidate.startsWith(name) || name.startsWith(candidate))
  return near === undefined ? '; --help lists them' : `; did you mean --${near}?`
}
