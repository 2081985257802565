import { explainOom } from '#kernel/explain/explainOom.ts'
import { caseOfEvent } from '#kernel/explain/oomCase.ts'
import type { EventReport } from '../analyze.ts'
import type { AnalysedEvent } from './analysedEvent.ts'

/** A log may hold any number of events; a report for people that begins with all of them ends somewhere. */
const MAX_EVENTS = 500

/** A report that is written at the end, when all events are known: explanations are kept, dumps are not. */
export function gatheredReport(
  format: (events: readonly AnalysedEvent[]) => string,
  write: (text: string) => void,
): EventReport {
  const kept: AnalysedEvent[] = []
  let left = 0
  return {
    add(event) {
      if (kept.length === MAX_EVENTS) {
        left++
        return
      }
      const oomCase = caseOfEvent(event)
      const explanation = explainOom(oomCase)
      kept.push({
        oomCase: { ...oomCase, dump: undefined, rawLines: [], slabLines: [] },
        explanation,
        time: event.stamp,
      })
    },
    end() {
      if (kept.length > 0) write(format(kept))
      if (left > 0) write(`\n${left} more events: --event N shows one of them, --output json all\n`)
    },
  }
}
