import { rejectRecord } from '../reports/rejectRecord.ts'
import { keepTrying, type Waiting } from './keepTrying.ts'
import type { StoredMessage } from './readKill.ts'
import type { NodeTarget } from './resolveTarget.ts'

export interface RejectPorts {
  now: () => Date
  waiting: Waiting
  observer: { rejected(message: StoredMessage, reason: string): void }
  /** Keeps a message that cannot be counted. @throws ProgramError with retry. */
  publishReject: (message: StoredMessage, reason: string) => Promise<void>
}

/** A message that cannot be counted. */
export interface Reject {
  message: StoredMessage
  reason: string
  /** No report is to tell of it: one has refused it, or it is in the stream no longer. */
  isUntold: boolean
}

/** Keeps messages that cannot be counted, one after the other. */
export class RejectQueue {
  readonly #ports: RejectPorts
  readonly #waiting: Reject[] = []
  #isUnderWay = false

  constructor(ports: RejectPorts) {
    this.#ports = ports
  }

  /** @returns whether they are to be published now: nobody is at it. */
  add(reject: Reject): boolean {
    this.#waiting.push(reject)
    return !this.#isUnderWay
  }

  /**
   * Until none waits.
   * @param onKept told of each one that is kept, and of its place in its node's report; undefined where it has none
   * @throws what is not a ProgramError with retry, and the signal's reason.
   */
  async publish(onKept: (sequence: number, target: NodeTarget | undefined) => void): Promise<void> {
    this.#isUnderWay = true
    const { waiting, observer, publishReject } = this.#ports
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { message, reason } = next
      await keepTrying('rejects', waiting, () => publishReject(message, reason))
      observer.rejected(message, reason)
      onKept(message.sequence, this.#targetOf(next))
    }
    this.#isUnderWay = false
  }

  #targetOf({ message, reason, isUntold }: Reject): NodeTarget | undefined {
    const record = isUntold ? undefined : rejectRecord(message, reason, this.#ports.now())
    if (record === undefined) return undefined
    const { node } = record
    return { kind: 'NodeOOMReport', key: { kind: 'NodeOOMReport', name: node }, spec: { node }, record }
  }
}
