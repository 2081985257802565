import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { decodeDesiredState } from '#contract/desiredState.ts'
import { DESIRED_BUCKET, desiredHintSubject, nodeToken } from '#contract/subjects.ts'
import { messageOf } from '#program/errors.ts'
import { compileRule, havePatterns } from '../adjust/rule.ts'
import type { Desired } from '../adjust/target.ts'
import { loadRe2 } from './loadRe2.ts'

const READ_EVERY_MS = 60_000
/** After a read that failed: NATS or the bucket may be back soon. */
const RETRY_MS = 2_000

/** The desired state as it was read, with its revision in the bucket; 0 where there was never one. */
export interface ReadDesired extends Desired {
  revision: number
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
  readonly #logger: Logger
  #said: string | undefined

  constructor(node: string, connection: Promise<NatsConnection>, logger: Logger) {
    this.#node = node
    this.#connection = connection
    this.#logger = logger
  }

  /** Reads on connect, on each hint, when the connection is back and every minute. Resolves when the signal is aborted. */
  async run(listener: DesiredListener, signal: AbortSignal): Promise<void> {
    const connection = await this.#connection
    let wake = new AbortController()
    const readAgain = (): void => wake.abort()
    connection.subscribe(desiredHintSubject(this.#node), { callback: readAgain })
    void (async () => {
      for await (const { type } of connection.status()) if (type === 'reconnect') readAgain()
    })()
    while (!signal.aborted) {
      wake = new AbortController()
      const desired = await this.#read(connection)
      if (desired === undefined) listener.held()
      else listener.read(desired)
      const waitMs = desired === undefined ? RETRY_MS : READ_EVERY_MS
      await sleep(waitMs, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => undefined)
    }
  }

  /** Straight from the bucket: the hint proves nothing. @returns undefined when nobody knows: then nothing changes. */
  async #read(connection: NatsConnection): Promise<ReadDesired | undefined> {
    let text: string
    let revision: number
    try {
      const views = connection.jetstream({ checkAPI: false }).views
      const bucket = await views.kv(DESIRED_BUCKET, { bindOnly: true, allow_direct: true })
      const entry = await bucket.get(nodeToken(this.#node))
      revision = entry?.revision ?? 0
      if (entry?.operation !== 'PUT') return this.#fine({ rules: [], containers: [], revision })
      text = entry.string()
    } catch (error) {
      return this.#trouble(`expected to read the desired state from ${DESIRED_BUCKET}, got: ${messageOf(error)}`)
    }
    const decoded = decodeDesiredState(text, this.#node)
    if (!decoded.ok) return this.#trouble(`desired state refused: ${decoded.reason}; the last good one stands`)
    const { rules, containers } = decoded.state
    try {
      const compilePattern = havePatterns(rules) ? await loadRe2() : noPatterns
      return this.#fine({ rules: rules.map((rule) => compileRule(rule, compilePattern)), containers, revision })
    } catch (error) {
      return this.#trouble(`expected to load RE2 for the desired state, got: ${messageOf(error)}`)
    }
  }

  #fine(desired: ReadDesired): ReadDesired {
    this.#said = undefined
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
