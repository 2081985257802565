import type { Explanation } from '../explanation.ts'
import type { OomFacts } from '../facts.ts'
import type { Statement } from '../statement.ts'

/** Something to do, with its reason and the numbers that support it. */
export interface Advice extends Statement {
  action: string
}

/** What the sections before found. */
export type Found = Pick<Explanation, 'asked' | 'limit' | 'zones' | 'memory' | 'choice' | 'worth'>

/** A named pure rule: what to do where the numbers support it, or nothing. */
export interface AdviceRule {
  action: string
  advise: (facts: OomFacts, found: Found) => Statement | undefined
}

/** A finding's numbers, by its name; undefined where it was not found. */
export function figuresOf(found: Found, name: string): Record<string, number> | undefined {
  const figures = found.memory.findings.find((finding) => finding.name === name)?.figures
  if (figures === undefined) return undefined
  return Object.fromEntries(
    Object.entries(figures).flatMap(([key, value]) => (typeof value === 'number' ? [[key, value]] : [])),
  )
}
