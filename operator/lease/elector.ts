import { isDeepStrictEqual } from 'node:util'
import { isProgramError } from '#program/errors.ts'
import { operatorError } from '../errors.ts'
import { keepTrying, type Waiting } from '../runtime/keepTrying.ts'
import type { LeaseRecord } from './leaseRecord.ts'
import { planLease, releasedRecord, type LeasePlan, type LeaseTiming, type Observed } from './planLease.ts'

export interface StoredLease {
  record: LeaseRecord
  resourceVersion: string
}

/** One Lease of the apiserver. @throws ProgramError with retry, well before the renew deadline. */
export interface LeaseStore {
  /** @returns undefined when there is none. */
  read(): Promise<StoredLease | undefined>
  /**
   * @param resourceVersion undefined makes it.
   * @returns undefined when somebody else wrote it meanwhile.
   */
  write(record: LeaseRecord, resourceVersion: string | undefined): Promise<StoredLease | undefined>
}

export interface ElectorPorts {
  store: LeaseStore
  /** Of this process and no other, not even of the same container started again. */
  identity: string
  timing: LeaseTiming
  waiting: Waiting
  now: () => Date
  observer: {
    /** Somebody else has it; called at each look. */
    waits(holder: string): void
    acquired(transitions: number): void
  }
}

/** Those that wait look at times of their own, as client-go's (JitterFactor). */
const WAIT_JITTER = 1.2
/** Two that wait for the end of the same lease do not try at once. */
const END_JITTER_MS = 500

/** Sees to it that of all operators one at a time works: the holder of a Lease. */
export class Elector {
  readonly #ports: ElectorPorts
  readonly #lost = new AbortController()
  #observed: (Observed & { resourceVersion: string }) | undefined
  /** What was observed is what this one wrote last: no need to read it before the next renewal. */
  #isOwnWrite = false
  #renewedMs: number | undefined
  #attempting: Promise<unknown> = Promise.resolve()

  constructor(ports: ElectorPorts) {
    this.#ports = ports
  }

  /** Aborted when the lease is lost, by the error that says why: what runs under it ends. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** undefined: it is not known yet who has it. */
  get role(): 'leader' | 'follower' | undefined {
    if (this.#observed === undefined) return undefined
    return this.#renewedMs === undefined ? 'follower' : 'leader'
  }

  /**
   * To be called before each write: a process that stood still for longer than the lease finds it out here, before its timers do.
   * @throws ProgramError LeaseLost
   */
  assertHeld(): void {
    const { timing, waiting } = this.#ports
    this.lost.throwIfAborted()
    if (this.#renewedMs === undefined) throw this.#lose('it was never held')
    if (waiting.monotonicMs() - this.#renewedMs < timing.renewDeadlineMs) return
    throw this.#lose(`it could not be renewed for ${timing.renewDeadlineMs / 1000} s`)
  }

  /** Waits until the lease is this one's. @throws the signal's reason. */
  async acquire(): Promise<void> {
    const { timing, waiting, observer } = this.#ports
    for (;;) {
      const plan = await keepTrying('lease', waiting, () => this.#attempt())
      if (this.#renewedMs !== undefined) return observer.acquired(this.#observed?.record.leaseTransitions ?? 0)
      const retryMs = timing.retryMs * (1 + WAIT_JITTER * waiting.random())
      if (plan?.step !== 'wait') {
        await waiting.sleep(retryMs)
        continue
      }
      observer.waits(plan.holder)
      await waiting.sleep(Math.min(retryMs, plan.leftMs + END_JITTER_MS * waiting.random()))
    }
  }

  /** Renews until the lease is lost. @throws ProgramError LeaseLost; the signal's reason. */
  async hold(): Promise<never> {
    return Promise.race([this.#keepRenewing(), this.#watchDeadline()])
  }

  /**
   * Gives the lease back, after all work under it has ended: the next one begins at its next look.
   * @throws ProgramError with retry: then it ends by itself.
   */
  async release(): Promise<void> {
    const { store, identity, now } = this.#ports
    await this.#attempting
    if (this.#renewedMs === undefined || this.lost.aborted) return
    this.#lose('it was given back')
    if (!this.#isOwnWrite) this.#note(await store.read())
    if (this.#observed?.record.holderIdentity !== identity) return
    await store.write(releasedRecord(this.#observed.record, now()), this.#observed.resourceVersion)
  }

  async #keepRenewing(): Promise<never> {
    const { timing, waiting } = this.#ports
    let waitMs = timing.retryMs
    for (;;) {
      await waiting.sleep(waitMs)
      waitMs = timing.retryMs
      try {
        const plan = await this.#attempt()
        if (plan?.step === 'lost') throw this.#lose(plan.reason)
        if (plan === undefined) waitMs = 0
        else waiting.observer.fine('lease')
      } catch (error) {
        waiting.signal.throwIfAborted()
        if (!isProgramError(error) || !error.retry) throw error
        waiting.observer.trouble('lease', error, waitMs)
      }
    }
  }

  /** An answer may come too late, or never. */
  async #watchDeadline(): Promise<never> {
    const { timing, waiting } = this.#ports
    for (;;) {
      this.assertHeld()
      await waiting.sleep(Math.max(1, (this.#renewedMs ?? 0) + timing.renewDeadlineMs - waiting.monotonicMs()))
    }
  }

  /** One look and at most one write. @returns undefined when somebody else wrote meanwhile. */
  async #attempt(): Promise<LeasePlan | undefined> {
    const attempt = this.#lookAndWrite()
    this.#attempting = attempt.catch(() => undefined)
    return attempt
  }

  async #lookAndWrite(): Promise<LeasePlan | undefined> {
    const { store, identity, timing, waiting, now } = this.#ports
    if (!this.#isOwnWrite) this.#note(await store.read())
    const sentMs = waiting.monotonicMs()
    const plan = planLease({
      identity,
      timing,
      observed: this.#observed,
      renewedMs: this.#renewedMs,
      nowMs: sentMs,
      at: now(),
    })
    if (plan.step === 'wait' || plan.step === 'lost') return plan
    this.#isOwnWrite = false
    const stored = await store.write(plan.record, this.#observed?.resourceVersion)
    if (stored === undefined) return undefined
    this.#note(stored)
    this.#isOwnWrite = true
    // From before it was sent: others count from when they see it, which is later.
    this.#renewedMs = sentMs
    return plan
  }

  #note(stored: StoredLease | undefined): void {
    const nowMs = this.#ports.waiting.monotonicMs()
    const isSame = stored !== undefined && isDeepStrictEqual(stored.record, this.#observed?.record)
    this.#observed = stored && { ...stored, sinceMs: isSame ? (this.#observed?.sinceMs ?? nowMs) : nowMs }
  }

  #lose(reason: string): Error {
    const error = operatorError('LeaseLost', `expected to hold the lease that lets one operator work, got: ${reason}`)
    this.#lost.abort(error)
    return error
  }
}
