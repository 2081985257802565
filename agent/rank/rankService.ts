import { MAX_RANK_ROWS, decodeRank, encodeRank, rankRequest, type RankAnswer, type RankScope } from '#contract/rank.ts'
import { isProgramError, messageOf } from '#program/errors.ts'
import { describeRanking } from './describeRanking.ts'
import type { ScopeRanking } from './scan.ts'

export interface RankServiceOptions {
  node: string
  /** Finds the best MAX_RANK_ROWS. @throws ProgramError */
  scan: (scope: RankScope, top: number) => Promise<ScopeRanking>
  /** The cgroup that goes as a whole with a victim there, where memory of `domainPath`, else of the machine, has run out. */
  groupOf: (cgroupPath: string, domainPath: string | undefined) => string | undefined
  /** Milliseconds since the epoch. */
  now: () => number
}

/** So often the processes of one scope are read at most, however many ask. */
const FRESH_MS = 1_000
/** Asked about within a second. Who asks about more has no person waiting. */
const MAX_SCOPES = 8
/** Of all scopes. Whatever comes beyond gets a short answer: what waits to be sent has to stay small. */
const MAX_ANSWERS_A_SECOND = 100
/** A cgroup's path is 4,096 bytes at most, each six in JSON where it is a control character. */
const MAX_REQUEST_BYTES = 32 * 1024
/** Far below what a NATS server takes (1 MiB where nothing is set). */
const MAX_ANSWER_BYTES = 256 * 1024

interface Scanned {
  ranking: ScopeRanking
  scannedAtMs: number
}

interface Scan {
  askedAtMs: number
  isRunning: boolean
  scanned: Promise<Scanned>
  /** The last that was made of it, for so many. */
  answer?: { top: number; bytes: Uint8Array }
}

/** Answers rank requests: one scan at a time, shared by all who ask about its scope while it runs and for a second after. */
export class RankService {
  readonly #options: RankServiceOptions
  /** By scope, the oldest first. */
  readonly #scans = new Map<string, Scan>()
  #last: Promise<unknown> = Promise.resolve()
  #second = { sinceMs: Number.NEGATIVE_INFINITY, answers: 0 }

  constructor(options: RankServiceOptions) {
    this.#options = options
  }

  /** Never rejects: a request that cannot be met is answered with the reason. */
  async answer(payload: Uint8Array): Promise<Uint8Array> {
    if (payload.length > MAX_REQUEST_BYTES) {
      return this.#refuse(`expected a request of at most ${MAX_REQUEST_BYTES} bytes, got ${payload.length}`)
    }
    const request = decodeRank(rankRequest, payload)
    if (request === undefined) {
      return this.#refuse(`expected {"version":1,"top":1…${MAX_RANK_ROWS}}, got something else`)
    }
    if (!this.#hasTurn()) return this.#refuse(`expected at most ${MAX_ANSWERS_A_SECOND} requests in a second, got more`)
    const { top, scope = { kind: 'node' } } = request
    const scan = this.#scanOf(scope)
    if (scan === undefined) {
      return this.#refuse(`expected at most ${MAX_SCOPES} cgroups asked about in a second, got more`)
    }
    try {
      const scanned = await scan.scanned
      if (scan.answer?.top !== top) {
        scan.answer = { top, bytes: encodeBounded(describeAnswer(this.#options, scope, top, scanned)) }
      }
      return scan.answer.bytes
    } catch (error) {
      return this.#refuse(messageOf(error), isProgramError(error) ? error.code : undefined)
    }
  }

  #refuse(reason: string, code?: string): Uint8Array {
    const { node } = this.#options
    return encodeRank({ version: 1, kind: 'refused', node, code, reason: reason.slice(0, 1000) })
  }

  #hasTurn(): boolean {
    const nowMs = this.#options.now()
    if (!isFresh(this.#second.sinceMs, nowMs)) this.#second = { sinceMs: nowMs, answers: 0 }
    return this.#second.answers++ < MAX_ANSWERS_A_SECOND
  }

  #scanOf(scope: RankScope): Scan | undefined {
    const nowMs = this.#options.now()
    for (const [key, { askedAtMs, isRunning }] of this.#scans) {
      if (!isRunning && !isFresh(askedAtMs, nowMs)) this.#scans.delete(key)
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

  #start(scope: RankScope): Promise<Scanned> {
    const scanned = this.#last.then(async () => {
      const scannedAtMs = this.#options.now()
      return { ranking: await this.#options.scan(scope, MAX_RANK_ROWS), scannedAtMs }
    })
    this.#last = scanned.catch(() => undefined)
    return scanned
  }
}

function describeAnswer(
  { node, groupOf }: Pick<RankServiceOptions, 'node' | 'groupOf'>,
  scope: RankScope,
  top: number,
  { ranking, scannedAtMs }: Scanned,
): Ranking {
  const { tasks, ...facts } = describeRanking({ ...ranking, tasks: ranking.tasks.slice(0, top) })
  const scannedAt = new Date(scannedAtMs).toISOString()
  const paths = new Set(tasks.flatMap(({ cgroupPath }) => cgroupPath ?? []))
  const groups = new Map([...paths].map((path) => [path, groupOf(path, ranking.limit?.cgroupPath)]))
  const rows = tasks.map((task) => ({ ...task, groupKillPath: groups.get(task.cgroupPath ?? '') }))
  return { version: 1, kind: 'ranking', node, scannedAt, scope, ...facts, knowsGroups: true, tasks: rows }
}

type Ranking = Extract<RankAnswer, { kind: 'ranking' }>

/** Without the tasks' paths where these make it too long: pod and container still say where a task is. */
function encodeBounded(answer: Ranking): Uint8Array {
  const whole = encodeRank(answer)
  if (whole.length <= MAX_ANSWER_BYTES) return whole
  const tasks = answer.tasks.map((task) => ({ ...task, cgroupPath: undefined, groupKillPath: undefined }))
  return encodeRank({ ...answer, knowsGroups: false, tasks })
}

/** A clock that was set back must not keep anything for ever. */
function isFresh(sinceMs: number, nowMs: number): boolean {
  return nowMs >= sinceMs && nowMs - sinceMs < FRESH_MS
}
