import { MAX_RANK_ROWS, decodeRank, encodeRank, rankRequest, type RankAnswer } from '#contract/rank.ts'
import { messageOf } from '#program/errors.ts'
import type { LiveTask } from './liveTask.ts'
import type { LiveRanking } from './scan.ts'

export interface RankServiceOptions {
  node: string
  /** Finds the best MAX_RANK_ROWS. */
  scan: (top: number) => Promise<LiveRanking>
  /** Milliseconds since the epoch. */
  now: () => number
}

/** So often the processes are read at most, however many ask. */
const FRESH_MS = 1_000

interface Scanned {
  ranking: LiveRanking
  scannedAtMs: number
}

/** Answers rank requests: one scan at a time, shared by all who ask while it runs and for a second after. */
export class RankService {
  readonly #options: RankServiceOptions
  #running: Promise<Scanned> | undefined
  #last: Scanned | undefined

  constructor(options: RankServiceOptions) {
    this.#options = options
  }

  /** Never rejects: a request that cannot be met is answered with the reason. */
  async answer(payload: Uint8Array): Promise<Uint8Array> {
    return encodeRank(await this.#answer(payload))
  }

  async #answer(payload: Uint8Array): Promise<RankAnswer> {
    const { node } = this.#options
    const refuse = (reason: string): RankAnswer => ({ version: 1, kind: 'refused', node, reason })
    const request = decodeRank(rankRequest, payload)
    if (request === undefined) return refuse(`expected {"version":1,"top":1…${MAX_RANK_ROWS}}, got something else`)
    try {
      const { ranking, scannedAtMs } = await this.#scan()
      return {
        version: 1,
        kind: 'ranking',
        node,
        scannedAt: new Date(scannedAtMs).toISOString(),
        processCount: ranking.processCount,
        tasks: ranking.tasks.slice(0, request.top).map(describeRow),
      }
    } catch (error) {
      return refuse(messageOf(error).slice(0, 1000))
    }
  }

  async #scan(): Promise<Scanned> {
    const last = this.#last
    const ageMs = last === undefined ? Number.POSITIVE_INFINITY : this.#options.now() - last.scannedAtMs
    // A clock that was set back must not keep an answer for ever.
    if (last !== undefined && ageMs >= 0 && ageMs < FRESH_MS) return last
    this.#running ??= this.#start().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #start(): Promise<Scanned> {
    const scannedAtMs = this.#options.now()
    this.#last = { ranking: await this.#options.scan(MAX_RANK_ROWS), scannedAtMs }
    return this.#last
  }
}

function describeRow({ pid, command, oomScore, oomScoreAdj, rssKib, podUid, containerId }: LiveTask) {
  return { pid, command: command.slice(0, 64), oomScore, oomScoreAdj, rssKib, podUid, containerId }
}
