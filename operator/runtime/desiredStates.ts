import { MAX_DESIRED_CONTAINERS, encodeDesiredState, type DesiredContainer } from '#contract/desiredState.ts'
import { nodeToken } from '#contract/subjects.ts'

/** A node's state as it is stored, and its revision there. */
export interface StoredState {
  state: string
  revision: number
}

/** Desired states by node token. */
export interface DesiredBucket {
  readAll(): Promise<Map<string, StoredState>>
  /** @returns the revision. */
  put(token: string, state: string): Promise<number>
  /** @returns the revision of what says that it is deleted. */
  delete(token: string): Promise<number>
}

/** The desired states in their bucket: only what changed is written. */
export class DesiredStates {
  readonly #bucket: DesiredBucket
  readonly #stored: Map<string, StoredState>
  readonly #revisions = new Map<string, number>()

  private constructor(bucket: DesiredBucket, stored: Map<string, StoredState>) {
    this.#bucket = bucket
    this.#stored = stored
    for (const [token, { revision }] of stored) this.#revisions.set(token, revision)
  }

  static async read(bucket: DesiredBucket): Promise<DesiredStates> {
    return new DesiredStates(bucket, await bucket.readAll())
  }

  /** By node token, of every node that has or had a state since this was read. */
  get revisions(): ReadonlyMap<string, number> {
    return this.#revisions
  }

  /** @throws ProgramError with retry; what was written until then stays. */
  async write(desired: ReadonlyMap<string, readonly DesiredContainer[]>): Promise<void> {
    const gone = new Set(this.#stored.keys())
    for (const [node, containers] of desired) {
      const token = nodeToken(node)
      gone.delete(token)
      const state = encodeDesiredState({ version: 1, node, containers: containers.slice(0, MAX_DESIRED_CONTAINERS) })
      if (this.#stored.get(token)?.state === state) continue
      const revision = await this.#bucket.put(token, state)
      this.#stored.set(token, { state, revision })
      this.#revisions.set(token, revision)
    }
    for (const token of gone) {
      this.#revisions.set(token, await this.#bucket.delete(token))
      this.#stored.delete(token)
    }
  }
}
