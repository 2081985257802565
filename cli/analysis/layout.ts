import { printable } from '#program/errors.ts'
import { columnsOf, padToColumns, shortenToColumns, splitToColumns } from './columns.ts'

export const WIDTH = 80

/** A number and its unit stay together. */
const BETWEEN_WORDS = / (?!(?:[KMGTP]iB|kB|%)(?![a-z]))/i

/** Text in lines of 80 columns or so: the first behind `lead`, the others under it. What is too long for a line is cut in it. */
export function paragraph(text: string, lead = '  ', width = WIDTH): string[] {
  const indent = ' '.repeat(lead.length)
  const room = width - lead.length
  const lines: string[] = []
  let line = ''
  for (const word of printable(text).split(BETWEEN_WORDS)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (columnsOf(longer) <= room) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = splitToColumns(word, room)
    lines.push(...pieces.slice(0, -1))
    line = pieces.at(-1) ?? ''
  }
  if (line !== '') lines.push(line)
  return lines.map((one, at) => `${at === 0 ? lead : indent}${one}`)
}

/** Shown in a column: printable, and no longer than it is wide. */
export function cell(text: string, width: number): string {
  return padToColumns(shortenToColumns(printable(text), width), width)
}

/** A number on the right of a column; what is not known is a dash, and what a damaged log made too long is rounded. */
export function numberCell(value: number | undefined, width: number): string {
  const digits = value === undefined ? '–' : String(value)
  return (digits.length > width ? (value ?? 0).toExponential(0) : digits).padStart(width)
}

const BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of eighths of a column. Something is never shown as nothing. */
export function bar(part: number, whole: number, width: number): string {
  if (whole <= 0 || part <= 0) return ''
  const eighths = Math.max(1, Math.round((Math.min(part, whole) * width * 8) / whole))
  return '█'.repeat(Math.floor(eighths / 8)) + (BLOCKS[eighths % 8] ?? '')
}
