import type { SavedLedger } from '../completeness/ledger.ts'
import type { Cursor } from '../kmsg/cursor.ts'
import type { PublishOutcome } from '../publish/outcome.ts'
import type { KillSpool } from '../publish/killQueue.ts'
import type { SpooledKill } from '../spool/record.ts'

/** Keeps what is published, one message a subject, as the stream does. */
export class FakeStream {
  trouble: string | undefined
  readonly messages = new Map<string, Uint8Array>()
  full = false

  onConnect(): void {}

  publish(subject: string, payload: Uint8Array): Promise<PublishOutcome> {
    if (this.messages.has(subject)) return Promise.resolve({ kind: 'alreadyStored' })
    if (this.full) return Promise.resolve({ kind: 'notStored', reason: 'streamFull', message: 'full' })
    this.messages.set(subject, payload)
    return Promise.resolve({ kind: 'stored' })
  }
}

/** A cursor that outlives its agent. */
export class FakeCursorFile {
  cursor: Cursor | undefined

  constructor(cursor?: Cursor) {
    this.cursor = cursor
  }

  read(): Cursor | undefined {
    return this.cursor
  }

  write(cursor: Cursor): Promise<void> {
    this.cursor = cursor
    return Promise.resolve()
  }
}

/** Counts that outlive their agent. */
export class FakeLedgerFile {
  ledger: SavedLedger | undefined

  read(): SavedLedger | undefined {
    return this.ledger
  }

  write(ledger: SavedLedger): void {
    this.ledger = ledger
  }
}

/** A spool that outlives its agent. */
export class FakeSpool implements KillSpool {
  readonly kills: SpooledKill[] = []
  readonly ever: SpooledKill[] = []
  #found: SpooledKill[] = []
  full = false
  syncs = 0

  get size(): number {
    return this.kills.length
  }

  get bytes(): number {
    return this.kills.reduce((sum, { payload }) => sum + payload.length, 0)
  }

  forgetStored(): void {
    this.#found = [...this.kills]
  }

  takeFound(): SpooledKill[] {
    return [...this.#found]
  }

  append(kill: SpooledKill): void {
    if (this.full) throw new Error('ENOSPC: no space left on device')
    this.kills.push(kill)
    this.ever.push(kill)
    this.#found.push(kill)
  }

  peek(): SpooledKill | undefined {
    return this.kills[0]
  }

  shift(): void {
    this.kills.shift()
  }

  sync(): Promise<void> {
    this.syncs++
    return Promise.resolve()
  }
}
