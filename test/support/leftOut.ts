import { describe, it } from '@jest/globals'

/** Why tests step aside; undefined where they need not. */
export type Reason = string | undefined

export const notRoot: Reason = process.getuid?.() === 0 ? undefined : 'it needs root'

/** Tests that step aside where something is missing; their title and a line of the output say what. */
export function describeUnless(reason: Reason, title: string, tests: () => void): void {
  if (reason === undefined) describe(title, tests)
  else describe.skip(leftOut(reason, title), tests)
}

export function itUnless(reason: Reason, title: string, test: () => Promise<void>, timeoutMs?: number): void {
  if (reason === undefined) it(title, test, timeoutMs)
  else it.skip(leftOut(reason, title), test, timeoutMs)
}

function leftOut(reason: string, title: string): string {
  console.log(`not tested: ${title}: ${reason}`)
  return `${title} (left out: ${reason})`
}
