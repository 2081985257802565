/** Tells a viewer what happens: steps, what is run, what it says. */
export class Story {
  readonly #write: (line: string) => void
  #step = 0

  constructor(write: (line: string) => void = console.log) {
    this.#write = write
  }

  say(line: string): void {
    this.#write(line)
  }

  step(title: string): void {
    this.#write(`\n── ${++this.#step}. ${title}`)
  }

  /** A command with its output, as on a terminal. */
  show(command: string, output: string): void {
    this.#write(`\n$ ${command}`)
    this.#write(output.trimEnd() === '' ? '(nothing)' : output.trimEnd())
  }

  /** Progress of something that takes its time. */
  progress = (line: string): void => {
    this.#write(`   ${line}`)
  }
}
