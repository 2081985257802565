import { isAlive } from './identity.ts'
import { endPart, type Launch, type Part, type PartCommand } from './part.ts'

/** A server that tests stop, kill and start again, on the same port and with the same data. */
export class RestartablePart {
  readonly #command: PartCommand
  readonly #launch: Launch
  readonly #waitReady: (part: Part) => Promise<void>
  #part: Part | undefined

  constructor(command: PartCommand, launch: Launch, waitReady: (part: Part) => Promise<void>, running?: Part) {
    this.#command = command
    this.#launch = launch
    this.#waitReady = waitReady
    this.#part = running
  }

  get pid(): number | undefined {
    return this.#part !== undefined && isAlive(this.#part) ? this.#part.pid : undefined
  }

  /** Resolves when the server answers. Does nothing to one that runs. */
  async start(): Promise<void> {
    if (this.#part === undefined || !isAlive(this.#part)) this.#part = this.#launch(this.#command)
    await this.#waitReady(this.#part)
  }

  /** SIGTERM, and waits for the end. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** SIGKILL: the crash. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#part !== undefined) await endPart(this.#part, signal)
    this.#part = undefined
  }
}
