import type { AuditRecord } from '#contract/auditRecord.ts'
import { printable } from '#program/errors.ts'
import type { WriteNote } from './adjuster.ts'
import type { KillScope } from './target.ts'

/** A write as the audit has it. */
export function auditRecordOf(note: WriteNote, node: string, writtenAt: Date): AuditRecord {
  const { container, rule, desiredRevision } = note
  const place = {
    version: 1 as const,
    node,
    writtenAt: writtenAt.toISOString(),
    action: rule === undefined ? ('Restore' as const) : ('Apply' as const),
    podUid: container.podUid,
    ...(container.name !== undefined && { container: container.name }),
    containerId: container.containerId,
    ...(rule !== undefined && { policy: { policy: rule.policy, uid: rule.uid, generation: rule.generation } }),
    ...(desiredRevision !== undefined && { desiredRevision }),
  }
  if (note.file === 'memory.oom.group')
    return { ...place, file: note.file, from: oomGroupOf(note.from), to: oomGroupOf(note.to) }
  const { pid, command, oomScoreAdj: from } = note.process
  return { ...place, file: note.file, pid, command: printable(command).slice(0, MAX_COMMAND_CHARS), from, to: note.to }
}

/** Of 15 bytes, each of which may be escaped. */
const MAX_COMMAND_CHARS = 64

function oomGroupOf(scope: KillScope): number {
  return scope === 'Container' ? 1 : 0
}
