import type { OomFacts } from '../facts.ts'
import type { Statement } from '../statement.ts'

/** Something about a kill that has a name. */
export interface Finding extends Statement {
  name: string
}

/** A named pure check: says what it found with its numbers, or nothing. */
export interface FindingCheck {
  name: string
  find: (facts: OomFacts) => Statement | undefined
}
