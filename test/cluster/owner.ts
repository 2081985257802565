import type { ProcessIdentity } from './process/identity.ts'

/** Who a cluster is for: a checkout that keeps it until told otherwise, or one process of it, such as a test run. */
export interface Owner {
  checkout: string
  process?: ProcessIdentity
}

export interface OwnerFacts {
  thisCheckout: string
  /** Did the machine boot since? Then the cluster's processes are gone, whoever has their pids now. */
  sameBoot: boolean
  checkoutExists: (path: string) => boolean
  isAlive: (identity: ProcessIdentity) => boolean
}

/** `gone` may be taken down by anyone, `ours` by this checkout, `other` by nobody here. */
export function judgeOwner(owner: Owner, facts: OwnerFacts): 'ours' | 'other' | 'gone' {
  if (!facts.sameBoot) return 'gone'
  if (!facts.checkoutExists(owner.checkout)) return 'gone'
  if (owner.process !== undefined && !facts.isAlive(owner.process)) return 'gone'
  return owner.checkout === facts.thisCheckout ? 'ours' : 'other'
}
