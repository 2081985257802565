import { shapeOfText, type LineShape } from '#kernel/dump/lineShape.ts'

/**
 * What a record is to the assembler:
 * - `header` opens a dump; `kill`, `noKillable`, `panic` and `skipped` end the wait for its outcome
 * - `choice` is the first of the two kill lines before 5.1, `announcement` the `oom-kill:` line of 5.0+
 * - `evidence` is printed by the killer only (task table, memcg usage), `memory` by others too
 * - `detail` belongs to a dump when one is open and means nothing otherwise
 */
export type LineKind =
  | 'header'
  | 'kill'
  | 'choice'
  | 'announcement'
  | 'group'
  | 'noKillable'
  | 'panic'
  | 'skipped'
  | 'allocationFailure'
  | 'evidence'
  | 'memory'
  | 'detail'
  | 'other'

export function kindOf(shape: LineShape): LineKind {
  // First what is frequent: this is asked for every line.
  if (shape === 'detail' || shape === 'stat') return 'detail'
  switch (shape) {
    case 'row':
    case 'tableHeader':
    case 'title':
    case 'memcg':
      return 'evidence'
    case 'statFile':
    case 'processor':
    case 'cpuset':
    case 'slabStart':
      return 'detail'
    default:
      return shape
  }
}

export function classifyLine(text: string): LineKind {
  return kindOf(shapeOfText(text))
}
