/** The first characters that a pattern can match, and the pattern, without its `^`. */
export type StartPattern = readonly [starts: string, pattern: string]

export const DIGITS = '0123456789'
export const WORD = `${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_`

/**
 * Whether a text begins with one of many patterns. Each is filed under the characters it can begin with, so that a text
 * is tried against the few that may fit: one expression of all of them is several times slower.
 */
export function compileStarts(patterns: readonly StartPattern[]): (text: string) => boolean {
  const fitting = Array.from<string>({ length: 128 }).fill('')
  for (const [starts, pattern] of patterns) {
    for (const start of starts) {
      const code = start.charCodeAt(0)
      fitting[code] = fitting[code] ? `${fitting[code]}|${pattern}` : pattern
    }
  }
  // Most characters have patterns in common: one expression for them is compiled once.
  const known = new Map<string, RegExp>()
  const byCode = fitting.map((pattern) => {
    if (pattern === '') return undefined
    const expression = known.get(pattern) ?? new RegExp(`^(?:${pattern})`)
    known.set(pattern, expression)
    return expression
  })
  return (text) => {
    const code = text.charCodeAt(0)
    return code < 128 && byCode[code]?.test(text) === true
  }
}
