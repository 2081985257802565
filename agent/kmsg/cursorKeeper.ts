import type { Cursor } from './cursor.ts'

export interface CursorKeeperPorts {
  /** The cursor as it may be saved now: below it nothing is needed any more. */
  current(): Cursor
  /** Rejects when the disk refuses. */
  write(cursor: Cursor): Promise<void>
  /** @param isRepeated the last attempt failed too */
  onFailure(error: unknown, isRepeated: boolean): void
}

/** Longest waits until a change is on disk. A late cursor costs a second telling, which JetStream refuses: no kill. */
const AFTER_KILL_MS = 1_000
const AFTER_RECORD_MS = 15_000
const AFTER_FAILURE_MS = 2_000

/**
 * Saves the cursor a little after it moved: soon after a kill, lazily after other kernel lines. One write at a time, and nobody
 * waits for it: a disk may take seconds while the node thrashes.
 */
export class CursorKeeper {
  readonly #ports: CursorKeeperPorts
  #saved: number | undefined
  #timer: NodeJS.Timeout | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #failed = false
  #wanted = false
  #saving: Promise<void> | undefined

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
    this.#timer = setTimeout(() => void this.save(), delayMs).unref()
  }

  /** Resolves when the cursor as it is now is on disk, or was refused. */
  save(): Promise<void> {
    clearTimeout(this.#timer)
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#wanted = true
    this.#saving ??= this.#saveWanted().finally(() => (this.#saving = undefined))
    return this.#saving
  }

  async #saveWanted(): Promise<void> {
    while (this.#wanted) {
      this.#wanted = false
      await this.#write()
    }
  }

  async #write(): Promise<void> {
    const cursor = this.#ports.current()
    if (cursor.sequence === this.#saved) return
    try {
      await this.#ports.write(cursor)
      this.#saved = cursor.sequence
      this.#failed = false
    } catch (error) {
      const isRepeated = this.#failed
      this.#failed = true
      this.#ports.onFailure(error, isRepeated)
      this.#saveIn(AFTER_FAILURE_MS)
    }
  }
}
