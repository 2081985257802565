/** A text in UTF-8 where it lies, good as long as its bytes are; decoded only when somebody asks for it. */
export class TextBytes {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  #text: string | undefined

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes
    this.start = start
    this.end = end
  }

  static of(text: string): TextBytes {
    const bytes = Buffer.from(text)
    return new TextBytes(bytes, 0, bytes.length)
  }

  /** Bytes that are not UTF-8 become U+FFFD. */
  get text(): string {
    this.#text ??= this.bytes.toString('utf8', this.start, this.end)
    return this.#text
  }
}
