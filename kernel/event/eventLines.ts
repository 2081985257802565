import type { LineShape } from '#kernel/dump/lineShape.ts'
import type { RawRecord } from '#kernel/kmsg/rawRecord.ts'

/** An event's lines, with what they are. */
export class EventLines {
  /** Of all lines together, as UTF-8. */
  byteLength = 0
  readonly texts: string[] = []
  readonly shapes: LineShape[] = []

  push({ text, start, end }: RawRecord, shape: LineShape): void {
    this.byteLength += end - start
    this.texts.push(text)
    this.shapes.push(shape)
  }

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
