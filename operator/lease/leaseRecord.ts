/** The spec of a Lease (coordination.k8s.io/v1), as client-go's leader election writes it. */
export interface LeaseRecord {
  /** Empty: nobody holds it. */
  holderIdentity: string
  /** After the holder's last renewal, as another sees it, this long nobody else may take it. */
  leaseDurationSeconds: number
  /** By the holder's clock, for people: nothing here compares it with another machine's. */
  acquireTime: string
  /** The same; that it changes is what others look at. */
  renewTime: string
  /** How often it went from one holder to another. */
  leaseTransitions: number
}

/** What a Lease holds, whoever wrote it: what is missing or no value of its field is as in one that nobody holds. */
export function parseLeaseSpec(spec: unknown): LeaseRecord {
  const given = (typeof spec === 'object' && spec !== null ? spec : {}) as Partial<Record<keyof LeaseRecord, unknown>>
  return {
    holderIdentity: textOf(given.holderIdentity),
    leaseDurationSeconds: numberOf(given.leaseDurationSeconds),
    acquireTime: textOf(given.acquireTime),
    renewTime: textOf(given.renewTime),
    leaseTransitions: numberOf(given.leaseTransitions),
  }
}

/** A metav1.MicroTime: RFC 3339 with six digits. */
export function microTime(at: Date): string {
  return at.toISOString().replace(/Z$/, '000Z')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}
