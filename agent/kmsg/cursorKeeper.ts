import type { Cursor } from './cursor.ts'

export interface CursorKeeperPorts {
  /** The cursor as it may be saved now: below it nothing is needed any more. */
  current(): Cursor
  write(cursor: Cursor): void
  onFailure(error: unknown): void
}

/** Longest waits until a change is on disk. A late cursor costs a second telling, which JetStream refuses: no kill. */
const AFTER_KILL_MS = 1_000
const AFTER_RECORD_MS = 15_000
const AFTER_FAILURE_MS = 2_000

/** Saves the cursor a little after it moved: soon after a kill, lazily after other kernel lines. */
export class CursorKeeper {
  readonly #ports: CursorKeeperPorts
  #saved: number | undefined
  #timer: NodeJS.Timeout | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #failed = false

  constructor(ports: CursorKeeperPorts) {
    this.#ports = ports
  }

  /** Whether the last attempt to save failed. */
  get failed(): boolean {
    return this.#failed
  }

  moved(by: 'kill' | 'record'): void {
    this.#saveIn(by === 'kill' ? AFTER_KILL_MS : AFTER_RECORD_MS)
  }

  #saveIn(delayMs: number): void {
    const dueMs = performance.now() + delayMs
    if (dueMs >= this.#dueMs) return
    clearTimeout(this.#timer)
    this.#dueMs = dueMs
    this.#timer = setTimeout(() => this.save(), delayMs).unref()
  }

  save(): void {
    clearTimeout(this.#timer)
    this.#dueMs = Number.POSITIVE_INFINITY
    const cursor = this.#ports.current()
    if (cursor.sequence === this.#saved) return
    try {
      this.#ports.write(cursor)
      this.#saved = cursor.sequence
      this.#failed = false
    } catch (error) {
      this.#failed = true
      this.#ports.onFailure(error)
      this.#saveIn(AFTER_FAILURE_MS)
    }
  }
}
