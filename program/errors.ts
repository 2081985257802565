/** What a program tells its caller when it ends. */
export const EXIT = { ok: 0, finding: 1, usage: 2, environment: 3, critical: 4 } as const

export interface ProgramErrorOptions {
  /** Stable, for machines: log fields, metrics, tests. */
  code: string
  /** Waiting can help; a terminal error ends the program. */
  retry: boolean
  exitCode?: number | undefined
  facts?: Readonly<Record<string, unknown>> | undefined
  cause?: unknown
}

/**
 * An error that was foreseen. Its message is one line for a person: what was expected, what came and what
 * to do; the facts stand beside it as fields.
 */
export class ProgramError extends Error {
  readonly code: string
  readonly retry: boolean
  readonly exitCode: number
  readonly facts: Readonly<Record<string, unknown>>

  constructor(message: string, options: ProgramErrorOptions) {
    super(message, { cause: options.cause })
    this.name = 'ProgramError'
    this.code = options.code
    this.retry = options.retry
    this.exitCode = options.exitCode ?? EXIT.environment
    this.facts = options.facts ?? {}
  }
}

/** By its name: each part of a bundle has a class of its own. */
export function isProgramError(error: unknown): error is ProgramError {
  return error instanceof Error && error.name === 'ProgramError'
}

/** One printable line of any thrown value. Control characters are shown as \xNN: the text may come from outside. */
export function messageOf(error: unknown): string {
  return printable(error instanceof Error || hasMessage(error) ? error.message : String(error))
}

/** Node's own errors come from another realm under jest, where `instanceof Error` is false. */
function hasMessage(value: unknown): value is { message: string } {
  return typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'
}

/** Text from outside, safe for a terminal and a log line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}
