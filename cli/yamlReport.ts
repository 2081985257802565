import { formatYaml } from './analysis/yaml.ts'
import type { EventReport } from './analyze.ts'
import { escapeHidden } from './escapeHidden.ts'
import { formatEventJson } from './eventJson.ts'

/** The same as the JSON, in YAML: a document of one list, written as the events come. */
export function yamlReport(write: (text: string) => void): EventReport {
  let count = 0
  return {
    add(event) {
      if (count++ === 0) write('version: 1\nevents:\n')
      // Through JSON: what is undefined there is not there.
      const item = formatYaml([JSON.parse(formatEventJson(event))])
      write(escapeHidden(item.replace(/^(?=.)/gm, '  ')))
    },
    end() {
      if (count === 0) write('version: 1\nevents: []\n')
    },
  }
}
