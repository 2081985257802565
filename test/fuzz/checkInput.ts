import { isNativeError } from 'node:util/types'
import type { Analyser } from './analyseBytes.ts'
import { createInput, type FuzzLog } from './createInput.ts'
import { INVARIANTS } from './invariants.ts'

export interface Checked {
  /** Events in the input. */
  events: number
  /** What the analysis took of the processor, which other programs change the least. */
  ms: number
  /** What is wrong, in one line. */
  fault?: string | undefined
}

/** All forms of output are looked at in one of so many inputs. */
const THOROUGH_EVERY = 8

/** The input of one seed, analysed and held against the invariants. */
export function checkInput(seed: number, logs: readonly [FuzzLog, ...FuzzLog[]], analyse: Analyser): Checked {
  return checkBytes(createInput(seed, logs), seed % THOROUGH_EVERY === 0, analyse)
}

export function checkBytes(bytes: Buffer, thorough: boolean, analyse: Analyser): Checked {
  let events = 0
  let ms = 0
  try {
    const before = process.threadCpuUsage()
    const analysis = analyse(bytes, thorough)
    const { user, system } = process.threadCpuUsage(before)
    ms = (user + system) / 1000
    events = analysis.events.length
    for (const { name, broken } of INVARIANTS) {
      const found = broken(analysis, bytes)
      if (found !== undefined) return { events, ms, fault: `${name}: ${oneLine(found)}` }
    }
    return { events, ms }
  } catch (error) {
    const [message, where] = (isNativeError(error) ? (error.stack ?? error.message) : String(error)).split('\n    at ')
    return { events, ms, fault: oneLine(`threw ${message}${where === undefined ? '' : ` at ${where}`}`) }
  }
}

function oneLine(text: string): string {
  return text.replace(/[^\P{Cc}]+/gu, ' ').slice(0, 400)
}
