import { decodeDesiredState } from '#contract/desiredState.ts'
import type { DesiredBucket, StoredState } from '../runtime/desiredStates.ts'

/** Desired states as JetStream keeps them: revisions of all keys count on together. */
export class FakeBucket implements DesiredBucket {
  readonly states = new Map<string, StoredState>()
  readonly renewals: string[] = []
  readonly ended = new Map<string, number>()
  writes = 0
  reads = 0
  revision = 0

  readAll(): Promise<Map<string, StoredState>> {
    return Promise.resolve(new Map(this.states))
  }

  read(token: string): Promise<Partial<StoredState> | undefined> {
    this.reads++
    return Promise.resolve(this.see(token))
  }

  put(token: string, state: string): Promise<number> {
    this.writes++
    this.ended.delete(token)
    this.states.set(token, { state, revision: ++this.revision })
    return Promise.resolve(this.revision)
  }

  delete(token: string): Promise<number> {
    this.writes++
    this.states.delete(token)
    this.ended.set(token, ++this.revision)
    return Promise.resolve(this.revision)
  }

  renewLease(time: Date): Promise<void> {
    this.renewals.push(time.toISOString())
    return Promise.resolve()
  }

  readLease(): Promise<Date | undefined> {
    const last = this.renewals.at(-1)
    return Promise.resolve(last === undefined ? undefined : new Date(last))
  }

  /** As a node reads it. */
  see(token: string): Partial<StoredState> | undefined {
    const revision = this.ended.get(token)
    return this.states.get(token) ?? (revision === undefined ? undefined : { revision })
  }

  /** Names of the policies that each container of a node has. */
  policies(node: string): string[] {
    const decoded = decodeDesiredState(this.states.get(node)?.state ?? '', node)
    if (!decoded.ok) return []
    const { rules, containers } = decoded.state
    return containers.map((one) => one.rules.map((place) => rules[place]?.policy).join())
  }
}
