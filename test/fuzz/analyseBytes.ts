import { analysisReport } from '../../cli/analyze.ts'
import type { AnalyzeOutput } from '../../cli/analyzeFlags.ts'
import { LogEvents } from '../../kernel/event/logEvents.ts'
import type { OomLogEvent } from '../../kernel/event/oomLogEvent.ts'
import { openLog } from '../../kernel/transport/openLog.ts'

/** What `oomkeeper analyze` makes of a log. */
export interface Analysis {
  events: readonly OomLogEvent[]
  text: string
  json: string
  /** The dearer forms; absent where they were not asked for. */
  coloredText?: string | undefined
  markdown?: string | undefined
  yaml?: string | undefined
}

/** @param thorough in all forms; each costs as much as reading does */
export type Analyser = (bytes: Buffer, thorough: boolean) => Analysis

/** Small enough that lines lie across the pieces. */
const PIECE_BYTES = 4096

/** The command's whole chain in this process: pieces → lines → records → events → explanation → every form of output. */
export function analyseBytes(bytes: Buffer, thorough: boolean): Analysis {
  const events = readEvents(bytes)
  const shown = (output: AnalyzeOutput, hasColor = false) => print(events, output, hasColor)
  return {
    events,
    text: shown('text'),
    json: shown('json'),
    ...(thorough ? { coloredText: shown('text', true), markdown: shown('markdown'), yaml: shown('yaml') } : {}),
  }
}

function readEvents(bytes: Buffer): OomLogEvent[] {
  const events: OomLogEvent[] = []
  const log = new LogEvents((event) => events.push(event))
  const input = openLog(bytes.subarray(0, PIECE_BYTES), (record) => log.push(record))
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) input.push(bytes.subarray(at, at + PIECE_BYTES))
  input.end()
  log.finish()
  return events
}

/** In colour it tells all there is, too. */
function print(events: readonly OomLogEvent[], output: AnalyzeOutput, hasColor: boolean): string {
  let printed = ''
  const flags = { output, event: undefined, verbose: hasColor, noColor: false }
  const report = analysisReport(flags, { write: (text) => void (printed += text), hasColor })
  for (const event of events) report.add(event)
  report.end()
  return printed
}
