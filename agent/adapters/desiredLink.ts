import { setTimeout as sleep } from 'node:timers/promises'
import type { KvEntry, NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { decodeDesiredState, type DesiredState } from '#contract/desiredState.ts'
import { DESIRED_BUCKET, LEASE_KEY, desiredHintSubject, nodeToken } from '#contract/subjects.ts'
import { messageOf } from '#program/errors.ts'
import { readEveryMs } from '../adjust/hold.ts'
import { compileRule, havePatterns } from '../adjust/rule.ts'
import type { Desired } from '../adjust/target.ts'
import type { DesiredFile } from './desiredFile.ts'
import { loadRe2 } from './loadRe2.ts'

/** After a read that failed: NATS or the bucket may be back soon. */
const RETRY_MS = 2_000
/** A hint can be here before the replica of the bucket that is asked has what it is of. */
const AFTER_HINT_MS = 500
/** How long the state of before an agent's restart waits for one that is newer. */
const FALL_BACK_MS = 10_000

/** The desired state as it was read, with its revision in the bucket; 0 where there was never one. */
export interface ReadDesired extends Desired {
  revision: number
  /** Of the operator's lease on all states; 0 where there was never one. Absent of one that is remembered, and confirms nothing. */
  leaseRevision?: number
}

export interface DesiredListener {
  read(desired: ReadDesired): void
  /** It can be read no more, or is refused: what was read last stands. */
  held(): void
}

/** A node's desired state, as NATS has it. */
export class DesiredLink {
  readonly #node: string
  readonly #connection: Promise<NatsConnection>
  readonly #file: DesiredFile
  readonly #logger: Logger
  #said: string | undefined
  /** That was read last. */
  #revision: number | undefined
  #hasRead = false
  /** As it was read last, and when it was written. */
  #last: { desired: ReadDesired; writtenMs: number } | undefined

  constructor(node: string, connection: Promise<NatsConnection>, file: DesiredFile, logger: Logger) {
    this.#file = file
    this.#node = node
    this.#connection = connection
    this.#logger = logger
  }

  /**
   * Reads on connect, on each hint, when the connection is back and every minute, more often where a policy is held for
   * minutes only. Resolves when the signal is aborted.
   */
  async run(listener: DesiredListener, signal: AbortSignal): Promise<void> {
    void this.#fallBack(listener, signal)
    const connection = await this.#connection
    let wake = new AbortController()
    let isHinted = false
    const readAgain = (): void => wake.abort()
    const hinted = (): void => {
      isHinted = true
      readAgain()
    }
    connection.subscribe(desiredHintSubject(this.#node), { callback: hinted })
    void (async () => {
      for await (const { type } of connection.status()) if (type === 'reconnect') readAgain()
    })()
    while (!signal.aborted) {
      wake = new AbortController()
      const isOfHint = isHinted
      isHinted = false
      const before = this.#revision
      const desired = await this.#read(connection)
      if (desired === undefined) listener.held()
      else listener.read(desired)
      const isBehind = isOfHint && desired?.revision === before
      this.#revision = desired?.revision ?? before
      const waitMs = desired === undefined ? RETRY_MS : isBehind ? AFTER_HINT_MS : readEveryMs(desired.rules)
      await sleep(waitMs, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => undefined)
    }
  }

  /** What was read last before a restart, when nothing else can be: its scores are ours to keep, and to give back in time. */
  async #fallBack(listener: DesiredListener, signal: AbortSignal): Promise<void> {
    await sleep(FALL_BACK_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted || this.#hasRead) return
    const remembered = this.#file.read()
    if (remembered === undefined) return
    const decoded = decodeDesiredState(remembered.text, this.#node)
    const desired = decoded.ok ? await this.#compile(decoded.state, { revision: remembered.revision }) : undefined
    if (desired === undefined || this.#hasRead) return
    this.#logger.warn('expected to read the desired state from NATS, got nothing yet: the one of before stands')
    listener.held()
    listener.read(desired)
  }

  /** Straight from the bucket: the hint proves nothing. @returns undefined when nobody knows: then nothing changes. */
  async #read(connection: NatsConnection): Promise<ReadDesired | undefined> {
    let entry: KvEntry | null
    let lease: KvEntry | null
    try {
      const views = connection.jetstream({ checkAPI: false }).views
      const bucket = await views.kv(DESIRED_BUCKET, { bindOnly: true, allow_direct: true })
      // The lease first: what is read after it is at least as new.
      lease = await bucket.get(LEASE_KEY)
      entry = await bucket.get(nodeToken(this.#node))
    } catch (error) {
      return this.#trouble(`expected to read the desired state from ${DESIRED_BUCKET}, got: ${messageOf(error)}`)
    }
    const revisions = { revision: entry?.revision ?? 0, leaseRevision: lease?.revision ?? 0 }
    if (entry?.operation !== 'PUT') {
      this.#file.remove()
      return this.#fine({ rules: [], containers: [], ...revisions })
    }
    const writtenMs = entry.created.getTime()
    // The same object: whoever applies it sees that nothing has changed.
    if (this.#last?.desired.revision === entry.revision && this.#last.writtenMs === writtenMs)
      return this.#fine({ ...this.#last.desired, ...revisions })
    const text = entry.string()
    const decoded = decodeDesiredState(text, this.#node)
    if (!decoded.ok) return this.#trouble(`desired state refused: ${decoded.reason}; the last good one stands`)
    const desired = await this.#compile(decoded.state, revisions)
    if (desired === undefined) return undefined
    this.#file.write({ revision: revisions.revision, text })
    this.#last = { desired, writtenMs }
    return this.#fine(desired)
  }

  async #compile(
    { rules, containers }: DesiredState,
    revisions: Pick<ReadDesired, 'revision' | 'leaseRevision'>,
  ): Promise<ReadDesired | undefined> {
    try {
      const compilePattern = havePatterns(rules) ? await loadRe2() : noPatterns
      return { rules: rules.map((rule) => compileRule(rule, compilePattern)), containers, ...revisions }
    } catch (error) {
      return this.#trouble(`expected to load RE2 for the desired state, got: ${messageOf(error)}`)
    }
  }

  #fine(desired: ReadDesired): ReadDesired {
    this.#said = undefined
    this.#hasRead = true
    return desired
  }

  /** Said once until it changes or passes. */
  #trouble(message: string): undefined {
    if (this.#said !== message) this.#logger.warn(message)
    this.#said = message
  }
}

function noPatterns(pattern: string): never {
  throw new Error(`no expression, got ${pattern}`)
}
