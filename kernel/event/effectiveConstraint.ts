import type { OomConstraint, OomDump } from '#kernel/dump/oomDump.ts'
import { parseExhausted } from '#kernel/dump/killLine.ts'

/**
 * Which limit was hit. Kernels from 5.2-rc1 to -rc5 print CONSTRAINT_NONE on an OOM of a memory cgroup, and name the
 * cgroup all the same. @returns the constraint in the printed one's place; undefined where none of the four was printed
 */
export function effectiveConstraint(dump: OomDump | undefined, message: string | undefined): OomConstraint | undefined {
  const isMemcg = parseExhausted(message) === 'memcg' || (message === undefined && dump?.cgroup.oom !== undefined)
  return dump?.constraint === 'None' && isMemcg ? 'Memcg' : dump?.constraint
}
