import { isDeepStrictEqual } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { STATUS_VERSION, encodeNodeStatus, type AgentMode, type NodeStatus } from '#contract/nodeStatus.ts'
import { statusSubject } from '#contract/subjects.ts'
import { messageOf } from '#program/errors.ts'
import { withoutCounts } from '../adjust/outcomes.ts'

export type NodeReport = Omit<NodeStatus, 'version' | 'node' | 'reportedAt' | 'mode' | 'completeness'>

const STATUS_EVERY_MS = 30_000
const STATUS_TIMEOUT_MS = 5_000
const LOOK_EVERY_MS = 2_000

/** Says how the node is: on change, and every 30 s; that there are more processes, or fewer, with the next word. */
export class StatusTeller {
  readonly #node: string
  readonly #mode: AgentMode
  readonly #connection: Promise<NatsConnection>
  readonly #readCompleteness: () => NodeStatus['completeness']
  readonly #logger: Logger
  #told: { status: object; containers: NodeReport['containers']; rest: object; atMs: number } | undefined
  #telling = false

  constructor(
    { node, mode }: { node: string; mode: AgentMode },
    connection: Promise<NatsConnection>,
    readCompleteness: () => NodeStatus['completeness'],
    logger: Logger,
  ) {
    this.#node = node
    this.#mode = mode
    this.#connection = connection
    this.#readCompleteness = readCompleteness
    this.#logger = logger
  }

  /** Never waited for: while NATS is away, what the node does goes on. */
  tell(report: NodeReport): void {
    const completeness = this.#readCompleteness()
    const status = { ...report, ...(completeness && { completeness }) }
    const { containers } = report
    // The same list as was told: nothing in it has to be looked at.
    const rest = { ...status, containers: [] }
    const isSame = containers === this.#told?.containers && isDeepStrictEqual(rest, this.#told.rest)
    const old = performance.now() - (this.#told?.atMs ?? Number.NEGATIVE_INFINITY) >= STATUS_EVERY_MS
    if (this.#telling || (!old && isSame)) return
    const toCompare = withoutCounts(status)
    if (!old && isDeepStrictEqual(this.#told?.status, toCompare)) return
    this.#telling = true
    void this.#publish(status).then((stored) => {
      this.#telling = false
      if (stored) this.#told = { status: toCompare, containers, rest, atMs: performance.now() }
    })
  }

  /**
   * For a node whose scores nobody adjusts. Resolves when the signal is aborted.
   * @param countLeft containers that still have a score of ours, of when it did
   */
  async run(signal: AbortSignal, countLeft: () => number = () => 0): Promise<void> {
    while (!signal.aborted) {
      this.tell({ rules: [], reasons: [], containers: [], restoring: countLeft() })
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  async #publish(status: Omit<NodeStatus, 'version' | 'node' | 'reportedAt' | 'mode'>): Promise<boolean> {
    const reportedAt = new Date().toISOString()
    const whole = { version: STATUS_VERSION, node: this.#node, reportedAt, mode: this.#mode, ...status } as const
    try {
      const connection = await this.#connection
      await connection.request(statusSubject(this.#node), encodeNodeStatus(whole), { timeout: STATUS_TIMEOUT_MS })
      return true
    } catch (error) {
      // Expected while the operator has made no stream for it: sent again with the next one.
      this.#logger.debug(`expected to store the node's status, got: ${messageOf(error)}`)
      return false
    }
  }
}
