import { explainOom } from '#kernel/explain/explainOom.ts'
import { casesOfLog } from '#kernel/explain/facts.testkit.ts'
import type { AnalysedEvent } from './analysedEvent.ts'

/** A saved log, analysed. */
export function analyseLog(text: string): AnalysedEvent[] {
  return casesOfLog(text).map((oomCase) => ({ oomCase, explanation: explainOom(oomCase) }))
}
