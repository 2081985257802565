import type { KillLedger } from '../completeness/ledger.ts'
import type { Cursor } from '../kmsg/cursor.ts'
import type { PublishOutcome } from '../publish/outcome.ts'

/** Keeps what is published, one message a subject, as the stream does. */
export class FakeStream {
  readonly connected = true
  readonly messages = new Map<string, Uint8Array>()
  full = false

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

  read(): Cursor | undefined {
    return this.cursor
  }

  write(cursor: Cursor): void {
    this.cursor = cursor
  }
}

/** Counts that outlive their agent. */
export class FakeLedgerFile {
  ledger: KillLedger | undefined

  read(): KillLedger | undefined {
    return this.ledger
  }

  write(ledger: KillLedger): void {
    this.ledger = ledger
  }
}
