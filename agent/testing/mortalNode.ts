import { FakeCgroups } from '../cgroup/fakeCgroups.testkit.ts'
import type { SavedLedger } from '../completeness/ledger.ts'
import type { Cursor } from '../kmsg/cursor.ts'
import type { KmsgSource } from '../adapters/kmsgSource.ts'
import type { KillSpool } from '../publish/killQueue.ts'
import type { PublishOutcome } from '../publish/outcome.ts'
import type { SpooledKill } from '../spool/record.ts'
import { FakeCursorFile, FakeLedgerFile, FakeSpool, FakeStream } from './fakes.ts'

/** kill -9: from a chosen step on nothing that the agent does has an effect any more. */
export class Life {
  /** Writes to disk and messages so far. */
  steps = 0
  #endsBefore: number

  constructor(endsBefore: number) {
    this.#endsBefore = endsBefore
  }

  /** @returns false when the agent is dead by then */
  step(): boolean {
    if (this.steps >= this.#endsBefore) return false
    this.steps++
    return true
  }

  /** @throws when the agent is dead by then */
  write(): void {
    if (!this.step()) throw new Error('killed')
  }

  /** From here on it is dead, if it was not before. */
  end(): void {
    this.#endsBefore = 0
  }
}

/** A spool as one agent has it. */
class MortalSpool implements KillSpool {
  readonly #spool: FakeSpool
  readonly #life: Life

  constructor(spool: FakeSpool, life: Life) {
    this.#spool = spool
    this.#life = life
  }

  get size(): number {
    return this.#spool.size
  }

  get bytes(): number {
    return this.#spool.bytes
  }

  takeFound(): SpooledKill[] {
    return this.#spool.takeFound()
  }

  peek(): SpooledKill | undefined {
    return this.#spool.peek()
  }

  sync(): Promise<void> {
    return this.#spool.sync()
  }

  append(kill: SpooledKill): void {
    // What the disk refuses is no step.
    if (!this.#spool.full) this.#life.write()
    this.#spool.append(kill)
  }

  shift(): void {
    if (this.#life.step()) this.#spool.shift()
  }

  forgetStored(): void {
    if (this.#life.step()) this.#spool.forgetStored()
  }
}

/** The kernel's ring and its count, and a disk and a stream that outlive an agent. */
export class MortalNode {
  kernelKills = 0
  readonly cgroups = new FakeCgroups()
  /** Where each victim was. */
  readonly pathOf = new Map<number, string>()
  readonly ledgerFile = new FakeLedgerFile()
  readonly cursorFile = new FakeCursorFile()
  readonly spool = new FakeSpool()
  readonly stream = new FakeStream()
  #ring: Buffer[] = []
  #nextSequence = 1
  #listener: ((record: Buffer) => void) | undefined

  /** The kernel counts a kill, in its cgroup too, and prints its line. */
  kill(cgroupPath: string): void {
    this.kernelKills++
    this.cgroups.setKills(cgroupPath, this.cgroups.killsOf(cgroupPath) + 1)
    const pid = 1_000 + this.kernelKills
    this.pathOf.set(pid, cgroupPath)
    this.print(`Memory cgroup out of memory: Killed process ${pid} (app) total-vm:9kB, anon-rss:1kB, file-rss:0kB`)
  }

  print(text: string): void {
    const record = Buffer.from(`3,${this.#nextSequence++},5,-;${text}`)
    this.#ring.push(record)
    this.#listener?.(record)
  }

  /** All that the ring had is overwritten. */
  overrun(): void {
    this.#ring = []
    this.print('something else')
  }

  /** What an agent has of this node in one life. */
  portsOf(life: Life) {
    const { cursorFile, ledgerFile, spool, stream } = this
    return {
      source: {
        description: 'test',
        trouble: undefined,
        run: (onRecord: (record: Buffer) => void, signal: AbortSignal) => {
          for (const record of this.#ring) onRecord(record)
          this.#listener = onRecord
          return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        },
        pause: () => undefined,
        resume: () => undefined,
      } satisfies KmsgSource,
      cursorFile: {
        read: () => cursorFile.read(),
        write: async (cursor: Cursor) => {
          life.write()
          await cursorFile.write(cursor)
        },
      },
      ledgerFile: {
        read: () => ledgerFile.read(),
        write: (ledger: SavedLedger) => {
          life.write()
          ledgerFile.write(ledger)
        },
      },
      openSpool: () => new MortalSpool(spool, life),
      publisher: {
        trouble: undefined,
        onConnect: () => undefined,
        publish: async (subject: string, payload: Uint8Array): Promise<PublishOutcome> => {
          if (!life.step()) return new Promise(() => undefined)
          const outcome = await stream.publish(subject, payload)
          // Stored, and the answer is never heard.
          return life.step() ? outcome : new Promise(() => undefined)
        },
      },
      readKernelKills: () => this.kernelKills,
    }
  }
}
