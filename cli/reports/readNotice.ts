import { killNotice } from '../../operator/http/answers.ts'
import type { Notice } from './notice.ts'

/** @returns undefined for a line that says nothing, or nothing that is understood. */
export function readNotice(line: string): Notice | undefined {
  if (line.trim() === '') return undefined
  try {
    return killNotice.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
