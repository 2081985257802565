/**
 * How many columns of a terminal text takes: two for East Asian wide and fullwidth characters and for emoji, none for
 * what is written over the character before it. Sources: UAX #11 (its W and F ranges, in blocks), UTS #51; M. Kuhn, wcwidth.
 */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const ZERO = /\p{Mn}|\p{Me}|[\u1160-\u11ff]/u
/** More of them over one character are counted: a line of a terminal is not filled without end. */
const MOST_OVER_ONE = 4
/** Most text: a column for each character. */
const PLAIN = /^[\u0020-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u259f]*$/

export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  let columns = 0
  for (const [, more] of widthsOf(text)) columns += more
  return columns
}

/** Each character with the columns it takes. */
function* widthsOf(text: string): Generator<[string, number]> {
  let over = 0
  for (const character of text) {
    const isZero = ZERO.test(character) && over < MOST_OVER_ONE
    over = isZero ? over + 1 : 0
    yield [character, isZero ? 0 : WIDE.test(character) ? 2 : 1]
  }
}

/** The longest beginning that takes no more columns than these. No character is cut in two. */
export function cutToColumns(text: string, columns: number): string {
  return splitToColumns(text, columns)[0] ?? ''
}

/** Text in pieces of no more than these columns, which are at least two. */
export function splitToColumns(text: string, columns: number): string[] {
  const pieces: string[] = []
  let taken = 0
  let start = 0
  let at = 0
  for (const [character, more] of widthsOf(text)) {
    if (taken + more > columns) {
      pieces.push(text.slice(start, at))
      start = at
      taken = 0
    }
    taken += more
    at += character.length
  }
  return [...pieces, text.slice(start)]
}

/** The text, or with `…` at its end what there is room for in these columns, which are at least two. */
export function shortenToColumns(text: string, columns: number): string {
  return columnsOf(text) > columns ? `${cutToColumns(text, Math.max(1, columns - 1))}…` : text
}

/** Spaces behind the text, up to these columns. */
export function padToColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}
