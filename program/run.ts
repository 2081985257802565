import pino, { type Logger } from 'pino'
import { EXIT, ProgramError, messageOf } from './errors.ts'
import type { LogLevel } from './flagSchemas.ts'
import { parseFlags, type FlagValues, type Flags } from './flags.ts'

export interface Program<F extends Flags> {
  name: string
  version: string
  flags: F
  /** Runs until its work is done or the signal is aborted. Foreseen failures are thrown as ProgramError. */
  main(values: FlagValues<F>, logger: Logger, signal: AbortSignal): Promise<void>
}

/** How long a program may take to put its things in order after SIGTERM before it is ended anyway. */
const SHUTDOWN_LIMIT_MS = 5_000

/** Of lines that wait until they can be written, in bytes; what is more is left out. */
const MAX_UNWRITTEN_BYTES = 64 * 1024

/**
 * Synchronous: the last line before an exit is the one that matters most. A log that cannot be written, on a full disk say, ends
 * nothing: it goes on when there is room.
 */
function openLog() {
  const log = pino.destination({ dest: 1, sync: true, maxLength: MAX_UNWRITTEN_BYTES })
  log.on('error', () => undefined)
  return log
}

/**
 * Runs a program: flags, logger, signals and exit code. An error is one line on stderr, never a stack trace,
 * unless it was not foreseen: then the stack is in the log.
 */
export async function runProgram<F extends Flags & { logLevel: Flags[string] }>(program: Program<F>): Promise<never> {
  const parsed = parseFlags(program.name, program.flags, process.argv.slice(2), process.env)
  if (parsed.kind === 'help') {
    console.log(parsed.text)
    return process.exit(EXIT.ok)
  }
  if (parsed.kind === 'version') {
    console.log(`${program.name} ${program.version}`)
    return process.exit(EXIT.ok)
  }
  if (parsed.kind === 'problems') {
    for (const problem of parsed.problems) console.error(`${program.name}: ${problem}`)
    return process.exit(EXIT.usage)
  }

  const level = parsed.values.logLevel as LogLevel
  const logger = pino({ name: program.name, level, base: null }, openLog())
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      logger.info({ signal: name }, 'shutting down')
      stop.abort(new ProgramError(`stopped by ${name}`, { code: 'Stopped', retry: false, exitCode: EXIT.ok }))
      setTimeout(() => process.exit(EXIT.environment), SHUTDOWN_LIMIT_MS).unref()
    })
  }

  try {
    await program.main(parsed.values, logger, stop.signal)
    return process.exit(EXIT.ok)
  } catch (error) {
    if (stop.signal.aborted) return process.exit(EXIT.ok)
    if (error instanceof ProgramError) {
      console.error(`${program.name}: ${messageOf(error)}`)
      return process.exit(error.exitCode)
    }
    logger.fatal({ err: error }, 'unforeseen error')
    console.error(`${program.name}: unforeseen error: ${messageOf(error)}; please report it with the log above`)
    return process.exit(EXIT.environment)
  }
}
