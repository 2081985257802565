import type { EventReport } from './analyze.ts'
import { formatEventJson } from './eventJson.ts'

/** `{"version":1,"events":[…]}`, one event a line, written as they come. */
export function jsonReport(write: (text: string) => void): EventReport {
  let separator = '{"version":1,"events":[\n'
  return {
    add(event) {
      write(separator + formatEventJson(event))
      separator = ',\n'
    },
    end() {
      write(separator === ',\n' ? '\n]}\n' : '{"version":1,"events":[]}\n')
    },
  }
}
