import { MAX_RANK_ROWS, decodeRank, encodeRank, rankRequest, type RankAnswer, type RankScope } from '#contract/rank.ts'
import { isProgramError, messageOf } from '#program/errors.ts'
import { describeRanking } from './describeRanking.ts'
import type { ScopeRanking } from './scan.ts'

export interface RankServiceOptions {
  node: string
  /** Finds the best MAX_RANK_ROWS. @throws ProgramError */
  scan: (scope: RankScope, top: number) => Promise<ScopeRanking>
  /** Milliseconds since the epoch. */
  now: () => number
}

/** So often the processes of one scope are read at most, however many ask. */
const FRESH_MS = 1_000
/** Asked about within a second. Who asks about more has no person waiting. */
const MAX_SCOPES = 8

interface Scan {
  askedAtMs: number
  isRunning: boolean
  scanned: Promise<{ ranking: ScopeRanking; scannedAtMs: number }>
}

/** Answers rank requests: one scan at a time, shared by all who ask about its scope while it runs and for a second after. */
export class RankService {
  readonly #options: RankServiceOptions
  /** By scope, the oldest first. */
  readonly #scans = new Map<string, Scan>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: RankServiceOptions) {
    this.#options = options
  }

  /** Never rejects: a request that cannot be met is answered with the reason. */
  async answer(payload: Uint8Array): Promise<Uint8Array> {
    return encodeRank(await this.#answer(payload))
  }

  async #answer(payload: Uint8Array): Promise<RankAnswer> {
    const { node } = this.#options
    const refuse = (reason: string, code?: string): RankAnswer => ({
      version: 1,
      kind: 'refused',
      node,
      code,
      reason: reason.slice(0, 1000),
    })
    const request = decodeRank(rankRequest, payload)
    if (request === undefined) return refuse(`expected {"version":1,"top":1…${MAX_RANK_ROWS}}, got something else`)
    const { top, scope = { kind: 'node' } } = request
    const scan = this.#scanOf(scope)
    if (scan === undefined) return refuse(`expected at most ${MAX_SCOPES} cgroups asked about in a second, got more`)
    try {
      const { ranking, scannedAtMs } = await scan.scanned
      const { tasks, ...facts } = describeRanking({ ...ranking, tasks: ranking.tasks.slice(0, top) })
      const scannedAt = new Date(scannedAtMs).toISOString()
      return { version: 1, kind: 'ranking', node, scannedAt, scope, ...facts, tasks }
    } catch (error) {
      return refuse(messageOf(error), isProgramError(error) ? error.code : undefined)
    }
  }

  #scanOf(scope: RankScope): Scan | undefined {
    const nowMs = this.#options.now()
    for (const [key, { askedAtMs, isRunning }] of this.#scans) {
      // A clock that was set back must not keep an answer for ever.
      const isFresh = nowMs >= askedAtMs && nowMs - askedAtMs < FRESH_MS
      if (!isRunning && !isFresh) this.#scans.delete(key)
    }
    const key = JSON.stringify(scope)
    const known = this.#scans.get(key)
    if (known !== undefined) return known
    if (this.#scans.size >= MAX_SCOPES) return undefined
    const scan: Scan = { askedAtMs: nowMs, isRunning: true, scanned: this.#start(scope) }
    this.#scans.set(key, scan)
    scan.scanned.then(
      () => (scan.isRunning = false),
      // What could not be looked at is tried again for the next.
      () => this.#scans.delete(key),
    )
    return scan
  }

  #start(scope: RankScope): Scan['scanned'] {
    const scanned = this.#last.then(async () => {
      const scannedAtMs = this.#options.now()
      return { ranking: await this.#options.scan(scope, MAX_RANK_ROWS), scannedAtMs }
    })
    this.#last = scanned.catch(() => undefined)
    return scanned
  }
}
