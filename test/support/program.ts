import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { waitUntil } from '../cluster/process/wait.ts'

const root = resolve(import.meta.dirname, '../..')

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ProgramOptions {
  /** As a service is: the scheduler is fair between sessions. */
  inOwnSession?: boolean
  /** What is started in place of the bundle in dist/, with what comes before its flags. */
  command?: readonly string[] | undefined
}

/** One of our programs as a real process: the bundle that ships, started as a user would, without our own environment. */
export class Program {
  readonly name: string
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''

  constructor(
    name: 'agent' | 'operator' | 'restore' | 'keys' | 'selftest',
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    { inOwnSession = false, command }: ProgramOptions = {},
  ) {
    this.name = name
    const PATH = process.env['PATH'] ?? ''
    const [file = '', ...before] = command ?? [process.execPath, resolve(root, `dist/${name}.mjs`)]
    this.#child = spawn(file, [...before, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH, ...env },
      detached: inOwnSession,
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }) as Ended)
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Everything said on standard output so far. */
  get log(): string {
    return this.#stdout
  }

  get errors(): string {
    return this.#stderr
  }

  /** SIGTERM, and waits for the end. */
  async stop(): Promise<Ended> {
    if (this.running) this.#child.kill('SIGTERM')
    return this.ended
  }

  /** SIGKILL: the crash. */
  async kill(): Promise<Ended> {
    if (this.running) this.#child.kill('SIGKILL')
    return this.ended
  }

  /** Waits until the log holds the text; an end before that is an error that shows what was said. */
  async said(text: string, deadlineMs = 15_000): Promise<void> {
    await waitUntil(`${this.name} to say "${text}"`, () => this.#stdout.includes(text) || undefined, {
      deadlineMs,
      everyMs: 20,
      giveUp: () => (this.running ? undefined : `${this.name} has ended`),
      evidence: () => this.tail(),
    })
  }

  tail(): string {
    return `${this.#stdout}${this.#stderr}`.split('\n').slice(-15).join('\n')
  }
}

/** A command line of those that are set. */
export function flags(values: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]))
}

export function writeSecret(file: string, secret: string): string {
  writeFileSync(file, secret, { mode: 0o600 })
  return file
}
