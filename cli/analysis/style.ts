/** Puts terminal colours around text, or leaves it as it is. Around whole lines only: widths are counted before. */
export interface Style {
  title: (text: string) => string
  verdict: (text: string) => string
  warn: (text: string) => string
  good: (text: string) => string
  bar: (text: string) => string
  dim: (text: string) => string
}

/** ECMA-48 SGR. */
function sgr(code: number): (text: string) => string {
  return (text) => (text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`)
}

const plain = (text: string): string => text

const PLAIN: Style = { title: plain, verdict: plain, warn: plain, good: plain, bar: plain, dim: plain }
const COLORED: Style = { title: sgr(1), verdict: sgr(1), warn: sgr(31), good: sgr(32), bar: sgr(36), dim: sgr(2) }

export function styleOf(color: boolean): Style {
  return color ? COLORED : PLAIN
}
