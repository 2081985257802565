import { printable } from '#program/errors.ts'

/** Hostile text made safe to show, in at most this many UTF-16 units; a cut is marked and never splits a character. */
export function shownText(text: string, maxChars: number): string {
  // A lone surrogate is refused by JSON readers that expect Unicode.
  const shown = printable(text.toWellFormed())
  if (shown.length <= maxChars) return shown
  return `${shown.slice(0, maxChars - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
