import type { SpooledKill } from '../spool/record.ts'

/** A kill on its way: encoded once, sent until it is stored. */
export interface OutgoingKill extends SpooledKill {
  /** The earliest kmsg record that telling this kill again would need. */
  neededSequence: number
}

/** Kills on disk, in order. */
export interface KillSpool {
  readonly size: number
  readonly bytes: number
  /** @throws when the disk refuses; nothing has changed then. */
  append(kill: SpooledKill): void
  peek(): SpooledKill | undefined
  shift(): void
  sync(): Promise<void>
}

export interface KillQueuePorts {
  spool: KillSpool
  /** Once for each trouble: the spool cannot be written, or read. */
  onTrouble(error: unknown): void
  /** The spool takes kills again, and has taken those that waited in memory. */
  onRecovered(): void
}

/** A kill that is stored by then costs no fsync. */
const SYNC_AFTER_MS = 20
const RETRY_MS = 1_000

/** Kills that wait for their ack, in order: on disk, and in memory only while the disk takes no more. */
export class KillQueue {
  readonly #ports: KillQueuePorts
  readonly #memory: OutgoingKill[] = []
  #memoryBytes = 0
  #trouble = false
  #syncTimer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined

  constructor(ports: KillQueuePorts) {
    this.#ports = ports
  }

  get size(): number {
    return this.#ports.spool.size + this.#memory.length
  }

  /** What waits in memory. */
  get memoryBytes(): number {
    return this.#memoryBytes
  }

  /** What is on no disk, in order. */
  get unspooled(): readonly OutgoingKill[] {
    return this.#memory
  }

  /** Whether the spool cannot be used. */
  get trouble(): boolean {
    return this.#trouble
  }

  /** The earliest kmsg record that a kill needs which is not on disk. */
  get neededSequence(): number {
    return this.#memory.reduce((lowest, kill) => Math.min(lowest, kill.neededSequence), Number.POSITIVE_INFINITY)
  }

  add(kill: OutgoingKill): void {
    this.#memory.push(kill)
    this.#memoryBytes += kill.payload.length
    this.#spoolMemory()
  }

  /** The oldest kill. */
  peek(): SpooledKill | undefined {
    const kill = this.#peekSpool()
    // Order before speed: what cannot be read yet goes first.
    return kill === undefined && this.#ports.spool.size === 0 ? this.#memory[0] : kill
  }

  /** That kill is stored; it may have got from memory to disk meanwhile, or have been dropped. */
  done({ subject }: SpooledKill): void {
    const [first] = this.#memory
    if (first?.subject === subject) this.#forgetFirst(first)
    else if (this.#peekSpool()?.subject === subject) this.#ports.spool.shift()
  }

  close(): void {
    clearTimeout(this.#syncTimer)
    clearTimeout(this.#retryTimer)
  }

  #peekSpool(): SpooledKill | undefined {
    try {
      return this.#ports.spool.peek()
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }

  #spoolMemory(): void {
    const had = this.#trouble
    try {
      for (let [kill] = this.#memory; kill !== undefined; [kill] = this.#memory) {
        this.#ports.spool.append(kill)
        this.#forgetFirst(kill)
      }
    } catch (error) {
      return this.#failed(error)
    }
    this.#trouble = false
    this.#syncTimer ??= setTimeout(() => this.#sync(), SYNC_AFTER_MS).unref()
    if (had) this.#ports.onRecovered()
  }

  #forgetFirst({ payload }: OutgoingKill): void {
    this.#memory.shift()
    this.#memoryBytes -= payload.length
  }

  #sync(): void {
    this.#syncTimer = undefined
    if (this.#ports.spool.size > 0) this.#ports.spool.sync().catch((error: unknown) => this.#failed(error))
  }

  #failed(error: unknown): void {
    if (!this.#trouble) this.#ports.onTrouble(error)
    this.#trouble = true
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined
      this.#spoolMemory()
    }, RETRY_MS).unref()
  }
}
