import { closeSync, fdatasync, ftruncateSync, openSync, readFileSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseBodyLength, parseRecord, PREFIX_BYTES, SEGMENT_HEADER, type SpoolRecord } from '../spool/record.ts'

/** A segment's file. One that this agent has made is written to; an earlier agent's is only read. */
export class SpoolSegment {
  readonly number: number
  /** Up to here it holds whole records. */
  bytes: number
  /** Kills in it that are not stored yet. */
  kills = 0
  readonly #path: string
  #descriptor: number | undefined
  #syncing = false
  #closing = false

  /** @param bytes up to where an earlier agent's holds whole records */
  constructor(folder: string, number: number, bytes: number, descriptor?: number) {
    this.number = number
    this.bytes = bytes
    this.#path = segmentPath(folder, number)
    this.#descriptor = descriptor
  }

  /** @throws ErrnoException; then there is no such file. */
  static create(folder: string, number: number): SpoolSegment {
    const path = segmentPath(folder, number)
    const segment = new SpoolSegment(folder, number, 0, openSync(path, 'ax+', 0o600))
    try {
      segment.append(SEGMENT_HEADER)
    } catch (error) {
      segment.close()
      unlinkSync(path)
      throw error
    }
    return segment
  }

  static readAll(folder: string, number: number): Buffer {
    return readFileSync(segmentPath(folder, number))
  }

  /** @throws ErrnoException; then it is as it was before. */
  append(record: Buffer): void {
    const descriptor = this.#open()
    try {
      for (let written = 0; written < record.length;) written += writeSync(descriptor, record, written)
    } catch (error) {
      // A part of it would hide what comes after.
      ftruncateSync(descriptor, this.bytes)
      throw error
    }
    this.bytes += record.length
  }

  /** The record at a place, and where the next one begins; no record where it is damaged. */
  read(offset: number): { record: SpoolRecord | undefined; end: number } {
    const prefix = this.#readAt(offset, PREFIX_BYTES)
    const length = parseBodyLength(prefix)
    if (length === undefined) return { record: undefined, end: this.bytes }
    const record = parseRecord(prefix, this.#readAt(offset + PREFIX_BYTES, length))
    return { record, end: offset + PREFIX_BYTES + length }
  }

  /** @throws ErrnoException */
  async sync(): Promise<void> {
    const descriptor = this.#open()
    this.#syncing = true
    try {
      await promisify(fdatasync)(descriptor)
    } finally {
      this.#syncing = false
      if (this.#closing) this.close()
    }
  }

  /** Opened again when it is read. */
  close(): void {
    this.#closing = this.#syncing
    if (this.#descriptor === undefined || this.#syncing) return
    closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  /** @throws ErrnoException */
  remove(): void {
    this.close()
    unlinkSync(this.#path)
  }

  #readAt(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length)
    readSync(this.#open(), bytes, 0, length, offset)
    return bytes
  }

  #open(): number {
    this.#descriptor ??= openSync(this.#path, 'r')
    return this.#descriptor
  }
}

const NAME = /^(\d{16})\.spool$/

/** The number of a segment by the name of its file. */
export function parseSegmentName(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(16, '0')}.spool`)
}
