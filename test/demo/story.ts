/** Tells a viewer what happens: steps, what is run, what it says. */
export class Story {
  #step = 0

  say(line: string): void {
    console.log(line)
  }

  step(title: string): void {
    console.log(`\n── ${++this.#step}. ${title}`)
  }

  /** A command with its output, as on a terminal. */
  show(command: string, output: string): void {
    console.log(`\n$ ${command}`)
    console.log(output.trimEnd() === '' ? '(nothing)' : output.trimEnd())
  }

  /** Progress of something that takes its time. */
  progress = (line: string): void => {
    console.log(`   ${line}`)
  }
}
