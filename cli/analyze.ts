import { LogEvents } from '#kernel/event/logEvents.ts'
import type { OomLogEvent } from '#kernel/event/oomLogEvent.ts'
import { openLog, type LogInput } from '#kernel/transport/openLog.ts'
import { EXIT, ProgramError } from '#program/errors.ts'
import type { FlagValues } from '#program/flags.ts'
import { formatMarkdown } from './analysis/analysisMarkdown.ts'
import { formatAnalysis } from './analysis/analysisText.ts'
import { gatheredReport } from './analysis/gatheredReport.ts'
import type { analyzeFlags } from './analyzeFlags.ts'
import { jsonReport } from './jsonReport.ts'
import { yamlReport } from './yamlReport.ts'

export interface AnalyzePorts {
  /** The log's text in pieces; `-` is the standard input. @throws ProgramError where it is no log. */
  readLog: (path: string) => AsyncIterable<Buffer>
  write: (text: string) => void
  /** Whether what is written is seen on a terminal that shows colours. */
  hasColor: boolean
}

/** What is printed of the events, in the order in which they end. */
export interface EventReport {
  add(event: OomLogEvent): void
  end(): void
}

type AnalyzeFlags = FlagValues<typeof analyzeFlags>

/** Reads the log as a stream, of any length. @throws ProgramError, also where there is no event in the log. */
export async function analyze(flags: AnalyzeFlags, path: string, ports: AnalyzePorts): Promise<void> {
  const report = analysisReport(flags, ports)
  let count = 0
  const events = new LogEvents((event) => {
    count++
    if (flags.event === undefined || flags.event === count) report.add(event)
  })
  let log: LogInput | undefined
  const finish = () => {
    log?.end()
    events.finish()
  }
  try {
    for await (const chunk of ports.readLog(path)) {
      log ??= openLog(chunk, (record) => events.push(record))
      log.push(chunk)
    }
  } catch (error) {
    // What was read until then is told: a log may be damaged at its end.
    finish()
    if (count > 0) report.end()
    throw error
  }
  finish()
  report.end()
  if (count === 0 || (flags.event ?? 0) > count) throw noEvent(path, flags.event, count)
}

/** What a choice of output prints of the events, through `write`. */
export function analysisReport(
  { output, verbose, noColor }: AnalyzeFlags,
  { write, hasColor }: Pick<AnalyzePorts, 'write' | 'hasColor'>,
): EventReport {
  switch (output) {
    case 'text':
      return gatheredReport((events) => formatAnalysis(events, { color: hasColor && !noColor, verbose }), write)
    case 'markdown':
      return gatheredReport(formatMarkdown, write)
    case 'json':
      return jsonReport(write)
    case 'yaml':
      return yamlReport(write)
  }
}

function noEvent(path: string, wanted: number | undefined, count: number): ProgramError {
  const where = path === '-' ? 'the standard input' : path
  const message =
    count > 0
      ? `${where}: expected an event ${wanted}, found ${count} in all`
      : `${where}: expected the kernel's report of an OOM kill, found none`
  return new ProgramError(message, { code: 'NoOomEvent', retry: false, exitCode: EXIT.finding })
}
