import { tokenOfKillSubject } from '#contract/subjects.ts'
import type { StoredMessage } from './readKill.ts'
import { setNewest } from './setNewest.ts'

/** So much of the stream a node may fill at once, and again in each hour; of a small stream, so many bytes. */
const NODE_SHARE = 1 / 4
const LEAST_SHARE_BYTES = 16 * 1024 * 1024
const REFILL_MS = 3_600_000
/** A small message is work too. */
const LEAST_BYTES = 4_096
const MAX_NODES = 20_000

export function nodeShareBytes(streamBytes: number): number {
  return Math.max(LEAST_SHARE_BYTES, streamBytes * NODE_SHARE)
}

interface Share {
  bytes: number
  atMs: number
}

/**
 * What each node may put into the stream of kills: one that sends kills without end, by mistake or on purpose, must not
 * keep those of the others from being stored and counted. By when a message was stored, so that what has waited for
 * long is no flood when it is read at last.
 */
export class NodeShares {
  readonly #shareBytes: number
  readonly #shares = new Map<string, Share>()
  /** Nodes with messages beyond their share that are in the stream still, and the last of these. */
  readonly #floods = new Map<string, number>()

  constructor(shareBytes: number) {
    this.#shareBytes = shareBytes
  }

  /** @returns the node's token where it is beyond its share; undefined where the message is to be counted. */
  takeBeyond({ sequence, subject, data, storedAtMs }: StoredMessage): string | undefined {
    const token = tokenOfKillSubject(subject)
    if (token === undefined) return undefined
    const before = this.#shares.get(token) ?? { bytes: this.#shareBytes, atMs: storedAtMs ?? 0 }
    const atMs = Math.max(before.atMs, storedAtMs ?? 0)
    const refilled = before.bytes + ((atMs - before.atMs) / REFILL_MS) * this.#shareBytes
    const cost = Math.max(LEAST_BYTES, data.length)
    const bytes = Math.min(this.#shareBytes, refilled)
    const isWithin = bytes >= cost
    setNewest(this.#shares, token, { bytes: isWithin ? bytes - cost : bytes, atMs }, MAX_NODES)
    if (isWithin) return undefined
    setNewest(this.#floods, token, sequence, MAX_NODES)
    return token
  }

  /** Nodes whose messages are to be removed, up to the checkpoint. */
  floods(): string[] {
    return [...this.#floods.keys()]
  }

  /** All up to this sequence are removed. */
  removed(token: string, upToSequence: number): void {
    if ((this.#floods.get(token) ?? 0) <= upToSequence) this.#floods.delete(token)
  }
}
