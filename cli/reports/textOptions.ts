import { paragraph, WIDTH } from '../analysis/layout.ts'
import type { Style } from '../analysis/style.ts'

export interface TextOptions {
  nowMs: number
  /** Columns of the terminal; undefined where there is none. */
  room: number | undefined
  isWide: boolean
  style: Style
}

/** In 80 columns, or fewer where the terminal is narrow. */
export function wrap(text: string, lead: string, room: number | undefined): string[] {
  return paragraph(text, lead, Math.max(lead.length + 2, Math.min(WIDTH, room ?? WIDTH)))
}
