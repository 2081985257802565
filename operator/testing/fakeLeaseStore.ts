import { operatorError } from '../errors.ts'
import type { LeaseStore, StoredLease } from '../lease/elector.ts'
import type { LeaseRecord } from '../lease/leaseRecord.ts'

/** A Lease in memory, with the apiserver's rules for resourceVersion. */
export class FakeLeaseStore implements LeaseStore {
  lease: StoredLease | undefined
  writes = 0
  reads = 0
  isAway = false
  /** The next write takes effect, and its answer is lost. */
  losesAnswer = false

  read = async (): Promise<StoredLease | undefined> => {
    this.reads++
    this.#answer()
    return this.lease
  }

  write = async (record: LeaseRecord, resourceVersion: string | undefined): Promise<StoredLease | undefined> => {
    this.#answer()
    if (this.lease?.resourceVersion !== resourceVersion) return undefined
    this.lease = { record, resourceVersion: String(++this.writes) }
    if (this.losesAnswer) {
      this.losesAnswer = false
      throw operatorError('ApiserverUnreachable', 'expected an answer, got none')
    }
    return this.lease
  }

  #answer(): void {
    if (this.isAway) throw operatorError('ApiserverUnreachable', 'expected an answer, got none')
  }
}
