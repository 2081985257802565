import { hardWidthOf } from './hardWidth.ts'
import { isJournalExport, JournalExport } from './journalExport.ts'
import { isJournalJson, JournalJson } from './journalJson.ts'
import { isJournalVerbose, JournalVerbose } from './journalVerbose.ts'
import { LogReader, type LogRecord } from './logReader.ts'
import { isMail, QuotedPrintable } from './quotedPrintable.ts'
import { LineSplitter } from './splitLines.ts'
import { utf16Of } from './utf16.ts'

/** A saved log in pieces. */
export interface LogInput {
  push(chunk: Buffer): void
  end(): void
}

interface LineInput {
  push(line: string): void
  end(): void
}

/**
 * Whatever a log was written as → its records. What each line may be wrapped in is told line by line (LogReader); what
 * spans lines, or is no text of ours at all, is told once, by how the log begins.
 * @param head the first piece, which is pushed too
 */
export function openLog(head: Buffer, onRecord: (record: LogRecord) => void): LogInput {
  const encoding = utf16Of(head)
  if (encoding === undefined) return openText(head, onRecord)
  const decoder = new TextDecoder(encoding)
  const text = openText(Buffer.from(new TextDecoder(encoding).decode(head)), onRecord)
  return {
    push: (chunk) => text.push(Buffer.from(decoder.decode(chunk, { stream: true }))),
    end() {
      text.push(Buffer.from(decoder.decode()))
      text.end()
    },
  }
}

function openText(head: Buffer, onRecord: (record: LogRecord) => void): LogInput {
  const reader = new LogReader(onRecord, hardWidthOf(head))
  const onLine = (line: string, lines: number) => reader.push(line, lines)
  const input = isJournalExport(head) ? new JournalExport(onLine) : splitInto(openLines(head, reader, onLine))
  return {
    push: (chunk) => input.push(chunk),
    end() {
      input.end()
      reader.end()
    },
  }
}

function openLines(head: Buffer, reader: LogReader, onLine: (line: string, lines: number) => void): LineInput {
  if (isJournalVerbose(head)) return new JournalVerbose(onLine)
  if (isJournalJson(head)) return new JournalJson(onLine)
  if (isMail(head)) return new QuotedPrintable(head, onLine)
  return { push: (line) => reader.push(line), end() {} }
}

function splitInto(lines: LineInput): LogInput {
  const splitter = new LineSplitter((line) => lines.push(line))
  return {
    push: (chunk) => splitter.push(chunk),
    end() {
      splitter.end()
      lines.end()
    },
  }
}
