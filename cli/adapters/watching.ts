import { setTimeout as wait } from 'node:timers/promises'
import { EXIT, ProgramError } from '#program/errors.ts'
import type { ScreenSize } from '../ranking/rankScreen.ts'
import { writeOut } from './standardOutput.ts'

/** Runs until somebody interrupts it. */
export interface Watching {
  signal: AbortSignal
  /** @returns false when it was interrupted */
  sleep: (ms: number) => Promise<boolean>
}

/** A terminal that is drawn over. */
export interface Screen {
  size(): ScreenSize
  draw(lines: readonly string[]): void
  /** Its size has changed, or it is back in the foreground. */
  onChange(redraw: () => void): void
}

/** SIGINT, SIGTERM and SIGHUP end it as asked. */
export async function untilInterrupted(use: (watching: Watching) => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const { signal } = stop
  const onSignal = () => stop.abort()
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, onSignal)
  const sleep = async (ms: number) => {
    try {
      await wait(ms, undefined, { signal })
    } catch {
      // Interrupted.
    }
    return !signal.aborted
  }
  try {
    await use({ signal, sleep })
  } finally {
    for (const name of names) process.off(name, onSignal)
  }
}

/*
 * ECMA-48 and xterm's private modes: 1049 is the other screen, 25 the cursor, 2026 holds the picture until it is whole,
 * where a terminal knows it. Colours are no matter here: NO_COLOR says nothing about drawing over.
 */
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const BEGIN = '\u001b[?2026h\u001b[H'
const END = '\u001b[J\u001b[?2026l'
const TO_END_OF_LINE = '\u001b[K'

/** Draws on the terminal's other screen, and gives it back as it was, also when it is suspended. @throws ProgramError NoTerminal */
export async function withScreen(use: (screen: Screen) => Promise<void>): Promise<void> {
  const { stdout } = process
  const got = !stdout.isTTY ? 'none' : process.env['TERM'] === 'dumb' ? 'one that cannot be drawn over (TERM=dumb)' : ''
  if (got !== '') {
    const message = `--watch: expected a terminal on the standard output, got ${got}; --output json gives a line each time`
    throw new ProgramError(message, { code: 'NoTerminal', retry: false, exitCode: EXIT.usage })
  }
  let redraw = (): void => undefined
  const onChange = () => redraw()
  const suspend = () => {
    leave()
    process.kill(process.pid, 'SIGSTOP')
  }
  const resume = () => {
    writeOut(ENTER)
    redraw()
  }
  stdout.on('resize', onChange)
  process.on('SIGTSTP', suspend).on('SIGCONT', resume).on('exit', leave)
  try {
    writeOut(ENTER)
    await use({
      size: () => ({ columns: stdout.columns, rows: stdout.rows }),
      draw: (lines) => writeOut(BEGIN + lines.map((line) => line + TO_END_OF_LINE).join('\r\n') + END),
      onChange: (listener) => (redraw = listener),
    })
  } finally {
    stdout.off('resize', onChange)
    process.off('SIGTSTP', suspend).off('SIGCONT', resume).off('exit', leave)
    leave()
  }
}

function leave(): void {
  try {
    writeOut(LEAVE)
  } catch {
    // The terminal is gone.
  }
}
