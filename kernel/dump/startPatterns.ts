/** The first characters that a pattern can match, and the pattern, without its `^`. */
export type StartPattern = readonly [starts: string, pattern: string]

export const DIGITS = '0123456789'
export const WORD = `${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_`

/**
 * Whether a text begins with one of many patterns. Each is filed under the characters it can begin with, so that a text
 * is tried against the few that may fit: one expression of all of them is several times slower.
 */
export function compileStarts(patterns: readonly StartPattern[]): (text: string) => boolean {
  const byCode: (RegExp | undefined)[] = Array.from({ length: 128 }, (_, code) => {
    const fitting = patterns.filter(([starts]) => starts.includes(String.fromCharCode(code)))
    return fitting.length === 0 ? undefined : new RegExp(`^(?:${fitting.map(([, pattern]) => pattern).join('|')})`)
  })
  return (text) => {
    const code = text.charCodeAt(0)
    return code < 128 && byCode[code]?.test(text) === true
  }
}
