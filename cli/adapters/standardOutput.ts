import { fstatSync, writeSync } from 'node:fs'
import { EXIT, messageOf, ProgramError } from '#program/errors.ts'

export const STDOUT = 1
export const STDERR = 2
const RETRY_MS = 5

/** A terminal is a character device. So is /dev/null, where nobody looks; node:tty would load node:net with it, 2 ms. */
export function isTerminal(descriptor: number): boolean {
  return fstatSync(descriptor).isCharacterDevice()
}

/** Whether what is written is seen on a terminal that shows colours. Source: https://no-color.org */
export function showsColor(env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal(STDOUT) && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
}

/**
 * Writes and returns when it is written: `process.stdout` would take everything at once into memory where a pipe is
 * slower than the log is read. A reader that has seen enough (`| head`) ends the program quietly.
 * @param exitCode what the program ends with then: its verdict stands, whoever reads the reasons
 * @throws ProgramError OutputUnwritable: the disk is full, the terminal is gone
 */
export function writeOut(text: string, exitCode: number = EXIT.ok): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(STDOUT, bytes, at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') process.exit(exitCode)
      if (code !== 'EAGAIN') throw outputUnwritable(error)
      // Somebody made the pipe non-blocking; there is no way to wait for it without a loop of events.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
}

function outputUnwritable(cause: unknown): ProgramError {
  return new ProgramError(`expected to write to the standard output, got: ${messageOf(cause)}`, {
    code: 'OutputUnwritable',
    retry: false,
    cause,
  })
}
