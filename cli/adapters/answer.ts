import { EXIT, messageOf } from '#program/errors.ts'
import type { Flags, ParsedFlags } from '#program/flags.ts'
import { VERSION } from '#program/version.ts'
import { writeOut } from './standardOutput.ts'

/** What a file in cli/commands has. */
export interface CommandModule {
  /**
   * Reads the flags, gives the command its world and prints what comes of it.
   * @param name of the command as it was called, for usage and errors
   * @returns the exit code @throws ProgramError
   */
  run(name: string, argv: readonly string[]): Promise<number>
}

export function say(text: string): number {
  writeOut(`${text}\n`)
  return EXIT.ok
}

export function refuse(name: string, problems: readonly string[], exitCode: number): number {
  for (const problem of problems) console.error(`${name}: ${messageOf(problem)}`)
  return exitCode
}

/** To flags that ask for no run. */
export function answerFlags(name: string, parsed: Exclude<ParsedFlags<Flags>, { kind: 'values' }>): number {
  if (parsed.kind === 'help') return say(parsed.text)
  if (parsed.kind === 'version') return say(`oomkeeper ${VERSION}`)
  return refuse(name, parsed.problems, EXIT.usage)
}
