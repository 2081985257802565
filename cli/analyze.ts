import { LogEvents } from '#kernel/event/logEvents.ts'
import type { OomLogEvent } from '#kernel/event/oomLogEvent.ts'
import { LogReader } from '#kernel/transport/logReader.ts'
import { LineSplitter } from '#kernel/transport/splitLines.ts'
import { EXIT, ProgramError } from '#program/errors.ts'
import type { FlagValues } from '#program/flags.ts'
import type { AnalyzeOutput, analyzeFlags } from './analyzeFlags.ts'
import { jsonReport } from './jsonReport.ts'

export interface AnalyzePorts {
  /** The log's text in pieces; `-` is the standard input. @throws ProgramError where it is no log. */
  readLog: (path: string) => AsyncIterable<Buffer>
  write: (text: string) => void
}

/** What is printed of the events, in the order in which they end. */
export interface EventReport {
  add(event: OomLogEvent): void
  end(): void
}

const REPORTS: Readonly<Record<AnalyzeOutput, (write: AnalyzePorts['write']) => EventReport>> = { json: jsonReport }

/** Reads the log as a stream, of any length. @throws ProgramError, also where there is no event in the log. */
export async function analyze(flags: FlagValues<typeof analyzeFlags>, path: string, ports: AnalyzePorts) {
  const report = REPORTS[flags.output](ports.write)
  let count = 0
  const events = new LogEvents((event) => {
    count++
    report.add(event)
  })
  const reader = new LogReader((record) => events.push(record))
  const lines = new LineSplitter((line) => reader.push(line))
  const finish = () => {
    lines.end()
    reader.end()
    events.finish()
  }
  try {
    for await (const chunk of ports.readLog(path)) lines.push(chunk)
  } catch (error) {
    // What was read until then is told: a log may be damaged at its end.
    finish()
    if (count > 0) report.end()
    throw error
  }
  finish()
  report.end()
  if (count === 0) throw noEvent(path)
}

function noEvent(path: string): ProgramError {
  const where = path === '-' ? 'the standard input' : path
  return new ProgramError(`${where}: expected the kernel's report of an OOM kill, found none`, {
    code: 'NoOomEvent',
    retry: false,
    exitCode: EXIT.finding,
  })
}
