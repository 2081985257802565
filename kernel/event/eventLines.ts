import type { LineShape } from '#kernel/dump/lineShape.ts'
import { TaskTable } from '#kernel/dump/taskTable.ts'
import type { RawRecord } from '#kernel/kmsg/rawRecord.ts'

/** An event's lines, with what they are. */
export class EventLines {
  /** Of all lines together, as UTF-8. */
  byteLength = 0
  readonly texts: string[] = []
  readonly shapes: LineShape[] = []
  /** Read as its rows come, while they are bytes. */
  readonly table = new TaskTable()

  push(record: RawRecord, shape: LineShape): void {
    const { text } = record
    this.byteLength += record.end - record.start
    this.texts.push(text)
    this.shapes.push(shape)
    if (shape === 'row') this.table.addRow(record)
    else if (shape === 'tableHeader') this.table.addHeader(text)
  }

  /** Takes the last line out again, which is none of the table's. */
  pop(): void {
    this.byteLength -= Buffer.byteLength(this.texts.pop() ?? '')
    this.shapes.pop()
  }

  /** Goes on with a line. */
  append(line: number, { text, start, end }: RawRecord): void {
    this.byteLength += end - start
    this.texts[line] += text
  }
}
