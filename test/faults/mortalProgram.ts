import process from 'node:process'
import type { Program } from '../support/program.ts'

/** A program that is killed and started again by the campaign, and must not end in any other way. */
export class MortalProgram {
  readonly #start: () => Promise<{ program: Program }>
  readonly #started: Program[] = []
  readonly #killed = new Set<Program>()

  constructor(start: () => Promise<{ program: Program }>) {
    this.#start = start
  }

  async start(): Promise<void> {
    this.#started.push((await this.#start()).program)
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const program = this.#started.at(-1)
    if (program === undefined || !program.running) return
    this.#killed.add(program)
    await program.kill()
  }

  /** SIGSTOP: it stands still, and knows nothing of it. @returns how it goes on. */
  stall(): () => void {
    const program = this.#started.at(-1)
    if (program?.running !== true) return () => undefined
    process.kill(program.pid, 'SIGSTOP')
    return () => {
      if (program.running) process.kill(program.pid, 'SIGCONT')
    }
  }

  /** What those that ended by themselves said last. */
  ownEnds(): string[] {
    const ends = this.#started.filter((program) => !program.running && !this.#killed.has(program))
    return ends.map((program) => `${program.name} has ended by itself: ${program.tail()}`)
  }

  /** Everything that was said, by all that ran. */
  get log(): string {
    return this.#started.map(({ log, errors }) => log + errors).join('')
  }
}
