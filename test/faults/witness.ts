import { KernelLogReader, parseKilledPid } from '../support/kernelLog.ts'
import type { PrintedKill } from './account.ts'

const LOOK_EVERY_MS = 20

/** A second reader of the kernel's log, without any of oomkeeper's own parsers, that is never kept from reading. */
export class Witness {
  readonly kills: PrintedKill[] = []
  readonly #reader = new KernelLogReader()
  readonly #timer = setInterval(() => this.look(), LOOK_EVERY_MS)
  #next: number | undefined
  #overtaken = 0

  /** The sequence that the next record will have. */
  get next(): number {
    this.look()
    return this.#next ?? 0
  }

  /** Records that were overwritten before it could read them: then nothing can be said of the agent. */
  get overtaken(): number {
    return this.#overtaken
  }

  look(): void {
    for (const { facility, sequence, text } of this.#reader.read()) {
      this.#overtaken += sequence - (this.#next ?? sequence)
      this.#next = sequence + 1
      const pid = facility === 0 ? parseKilledPid(text) : undefined
      if (pid !== undefined) this.kills.push({ sequence, pid })
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#reader.close()
  }
}
