import { paragraph, WIDTH } from '../analysis/layout.ts'
import { printable } from '#program/errors.ts'
import type { Style } from '../analysis/style.ts'
import { fit } from './table.ts'

export interface TextOptions {
  nowMs: number
  /** Columns of the terminal; undefined where there is none. */
  room: number | undefined
  isWide: boolean
  style: Style
}

/** A title in one line. */
export function heading(text: string, { room = Number.POSITIVE_INFINITY, style }: TextOptions): string {
  return style.title(fit(printable(text), room).trimEnd())
}

/** In 80 columns, or fewer where the terminal is narrow. */
export function wrap(text: string, lead: string, room: number | undefined): string[] {
  return paragraph(text, lead, Math.max(lead.length + 2, Math.min(WIDTH, room ?? WIDTH)))
}
