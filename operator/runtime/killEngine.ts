import type { KillEvent } from '#contract/killEvent.ts'
import { messageOf } from '#program/errors.ts'
import { KillLedger, type KillToWrite, type LedgerPorts, type LedgerStart } from './killLedger.ts'
import { keepTrying, stoppable } from './keepTrying.ts'
import { mapBounded } from './mapBounded.ts'
import { PodWaiting } from './podWaiting.ts'
import { readKill, type StoredMessage } from './readKill.ts'
import { resolveTarget, type ResolveContext } from './resolveTarget.ts'

export type EnginePorts = Omit<ResolveContext, 'now' | 'storedAtMs'> &
  LedgerPorts & {
    /** Whether a message's node has sent too much to be heard: it is not even read. */
    isBeyondShare?: (message: StoredMessage) => boolean
  }

/** Where a session of the reader begins, and what is counted there already. */
export interface CountingStart extends LedgerStart {
  /** Sequences above the checkpoint that a report has counted: written, and then the operator ended before it said so. */
  alreadyCounted: ReadonlySet<number>
}

/** One session's way from messages to counts. */
export interface Counting {
  /**
   * Takes a batch, in the order of the stream; comes back when there is room for another. What it holds is
   * counted later, and the checkpoint moves then.
   */
  accept(batch: readonly StoredMessage[]): Promise<void>
  /** Comes back when all that was accepted is counted or set aside, and the checkpoint says so. */
  drained(): Promise<void>
  /** Gives up what is not counted yet, for the next session to read again; comes back when no write is under way. */
  close(): Promise<void>
}

/** A kill of a workload that is not known yet waits for the apiserver to say who owns its pod: so many do at a time. */
const MAX_RESOLVING = 8

/** Turns messages of the stream of kills into counts in reports, and moves the checkpoint behind them. */
export class KillEngine {
  readonly #ports: EnginePorts
  readonly #podWaiting: PodWaiting

  constructor(ports: EnginePorts) {
    this.#ports = ports
    this.#podWaiting = new PodWaiting({ now: ports.now, findPod: ports.findPod, sleep: ports.waiting.sleep })
  }

  open(start: CountingStart): Counting {
    const closed = new AbortController()
    const waiting = stoppable(this.#ports.waiting, closed.signal)
    const ledger = new KillLedger({ ...this.#ports, waiting }, start)
    return {
      accept: async (batch) => {
        const { isBeyondShare } = this.#ports
        const items = batch.map((message) => ({
          message,
          read: isBeyondShare?.(message) === true ? undefined : readKill(message),
        }))
        const isNew = ({ sequence }: StoredMessage): boolean => !start.alreadyCounted.has(sequence)
        const awaited = items.flatMap(({ message, read }) =>
          read?.ok === true && read.event.repeats === undefined && isNew(message)
            ? [{ event: read.event, storedAtMs: message.storedAtMs }]
            : [],
        )
        await this.#podWaiting.untilKnown(awaited)
        const entries = await mapBounded(items, MAX_RESOLVING, async ({ message, read }): Promise<Entry> => {
          if (read === undefined) return { message }
          if (!read.ok) return { message, reason: read.reason }
          // One victim, two lines: the first one is counted.
          if (read.event.repeats !== undefined || !isNew(message)) return { message }
          return this.#resolve(message, read.event)
        })
        // All at once, so that the first write of a report has all that came with its first kill.
        for (const entry of entries) {
          if ('target' in entry) ledger.count(entry)
          else if ('reason' in entry) ledger.reject(entry.message, entry.reason)
          else ledger.skip(entry.message)
        }
        await ledger.room()
      },
      drained: async () => {
        await ledger.idle()
        await ledger.room()
      },
      close: async () => {
        closed.abort(new Error('the session of the reader has ended'))
        await ledger.idle()
      },
    }
  }

  async #resolve(message: StoredMessage, event: KillEvent): Promise<Entry> {
    const { waiting, now } = this.#ports
    try {
      const context = { ...this.#ports, now: now(), storedAtMs: message.storedAtMs }
      const target = await keepTrying('apiserver', waiting, () => resolveTarget(event, context))
      return target.kind === 'reject' ? { message, reason: target.reason } : { message, target }
    } catch (error) {
      waiting.signal.throwIfAborted()
      return { message, reason: `the operator could not read it, please report this: ${messageOf(error)}` }
    }
  }
}

/** To be counted, to be set aside for a reason, or nothing to do. */
type Entry =
  | (KillToWrite & { message: StoredMessage })
  | { message: StoredMessage; reason: string }
  | { message: StoredMessage }
