import * as z from 'zod'
import { policyIdentity } from './desiredRule.ts'

/** A write of an agent's to a container, on `auditSubject(node, podUid)`, as JSON. Version 1: optional fields may be added. */
export const AUDIT_VERSION = 1

const score = z.int().min(-1000).max(1000)
const oomGroup = z.int().min(0).max(1)

const place = {
  version: z.literal(AUDIT_VERSION),
  node: z.string().min(1).max(253),
  /** By the node's clock. */
  writtenAt: z.iso.datetime({ precision: 3 }),
  /** Apply: as a policy wants it. Restore: what was there before. */
  action: z.enum(['Apply', 'Restore']),
  podUid: z.string().max(64),
  /** Its name in the pod, where it is known. */
  container: z.string().max(63).optional(),
  containerId: z.string().max(64),
  /** Whose value it is; absent of a restore. */
  policy: policyIdentity.optional(),
  /** Of the node's desired state in its bucket. */
  desiredRevision: z.int().nonnegative().optional(),
}

export const auditRecord = z.discriminatedUnion('file', [
  z.object({
    ...place,
    file: z.literal('oom_score_adj'),
    pid: z.int().positive(),
    /** As the kernel has it: chosen by the process, its control characters left out. */
    command: z.string().max(64),
    from: score,
    to: score,
  }),
  z.object({ ...place, file: z.literal('memory.oom.group'), from: oomGroup, to: oomGroup }),
])
export type AuditRecord = z.infer<typeof auditRecord>

/** @throws z.ZodError when the record does not fit its own schema: a defect of the writer. */
export function encodeAuditRecord(record: AuditRecord): string {
  return JSON.stringify(auditRecord.parse(record))
}
