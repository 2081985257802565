import { closeSync, fsync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import type { FoundKill } from '../spool/found.ts'
import { countExcessSegments, isTooOld, segmentSize, type DropReason, type KernelMoment } from '../spool/limits.ts'
import { encodeRecord, SEGMENT_HEADER, type SpooledKill, type SpoolPlace } from '../spool/record.ts'
import { scanSegment } from '../spool/segment.ts'
import { parseSegmentName, SpoolSegment } from './spoolSegment.ts'

export interface SpoolOptions {
  maxBytes: number
  now: () => KernelMoment
  onDropped: (reason: DropReason, kills: number) => void
  logger: Logger
}

/**
 * Kills on disk until they are stored: segments that are only appended to, read in order (ADR 0009). A write survives
 * the end of the agent at once, that of the node after the next `sync`.
 */
export class SpoolFolder {
  readonly #folder: string
  readonly #options: SpoolOptions
  readonly #segmentBytes: number
  /** Oldest first. The last one stays: it says what was spooled last. */
  #segments: SpoolSegment[] = []
  /** All of their kills are stored; what was read is still to be told from them after a crash. Oldest first. */
  #done: SpoolSegment[] = []
  #writing: SpoolSegment | undefined
  /** What stands before this is stored. */
  #next: SpoolPlace = { segment: 0, offset: 0 }
  #head: { kill: SpooledKill; end: number } | undefined
  #found: FoundKill[] = []
  #scanned = false
  #unsynced = new Set<SpoolSegment | 'folder'>()
  #syncing: Promise<void> | undefined

  constructor(stateDir: string, options: SpoolOptions) {
    this.#folder = join(stateDir, 'spool')
    this.#options = options
    this.#segmentBytes = segmentSize(options.maxBytes)
    try {
      this.#scan()
    } catch {
      // Told by the first append, which tries again.
    }
  }

  /** Kills that wait. */
  get size(): number {
    return this.#segments.reduce((sum, { kills }) => sum + kills, 0)
  }

  get bytes(): number {
    return [...this.#done, ...this.#segments].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** What earlier agents have spooled and is still here, stored or not, in order; told once. */
  takeFound(): FoundKill[] {
    return this.#found.splice(0)
  }

  /** Frees what stored kills take: that they were read is known elsewhere. */
  forgetStored(): void {
    for (const segment of this.#done.splice(0)) this.#remove(segment)
  }

  /** @throws ErrnoException when the disk refuses: the spool is then as it was before. */
  append(kill: SpooledKill): void {
    this.#scan()
    const record = encodeRecord({ kind: 'kill', ...kill })
    this.#makeRoom(record.length)
    this.#write(record).kills++
  }

  /** The oldest kill that waits. @throws ErrnoException where it cannot be read. */
  peek(): SpooledKill | undefined {
    for (;;) {
      this.#head ??= this.#readHead()
      if (this.#head === undefined) return undefined
      if (!isTooOld(this.#head.kill, this.#options.now())) return this.#head.kill
      this.shift()
      this.#options.onDropped('age', 1)
    }
  }

  /** The oldest one is done with. A mark that cannot be written costs a second telling, which JetStream refuses. */
  shift(): void {
    const segment = this.#segments[0]
    if (this.#head === undefined || segment === undefined) return
    this.#next = { segment: segment.number, offset: this.#head.end }
    this.#head = undefined
    segment.kills--
    try {
      this.#write(encodeRecord({ kind: 'acked', before: this.#next }))
    } catch {
      // Told by the next append.
    }
  }

  /** Until what was written survives the end of the node; many writes share one fsync. @throws ErrnoException */
  sync(): Promise<void> {
    this.#syncing ??= this.#syncAll().finally(() => (this.#syncing = undefined))
    return this.#syncing
  }

  close(): void {
    for (const segment of [...this.#done, ...this.#segments]) segment.close()
  }

  async #syncAll(): Promise<void> {
    for (let [part] = this.#unsynced; part !== undefined; [part] = this.#unsynced) {
      this.#unsynced.delete(part)
      try {
        await (part === 'folder' ? syncFolder(this.#folder) : part.sync())
      } catch (error) {
        this.#unsynced.add(part)
        throw error
      }
      if (part !== 'folder' && part !== this.#writing) part.close()
    }
  }

  /** Reads what is there, once. @throws ErrnoException */
  #scan(): void {
    if (this.#scanned) return
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const numbers = readdirSync(this.#folder).flatMap((name) => parseSegmentName(name) ?? [])
    const segments: SpoolSegment[] = []
    const kills: { place: SpoolPlace; found: FoundKill }[] = []
    let next = this.#next
    for (const number of numbers.sort((a, b) => a - b)) {
      const bytes = SpoolSegment.readAll(this.#folder, number)
      const { end, corrupt } = scanSegment(bytes, (record, _start, stop) => {
        if (record.kind === 'acked') next = record.before
        else kills.push({ place: { segment: number, offset: stop }, found: factsOf(record) })
      })
      if (corrupt > 0) this.#options.onDropped('damaged', corrupt)
      if (end < bytes.length) {
        const facts = { segment: number, bytes: bytes.length - end }
        this.#options.logger.warn(facts, 'the end of a segment of the spool was never written whole: left out')
      }
      segments.push(new SpoolSegment(this.#folder, number, end))
    }
    const byNumber = new Map(segments.map((segment) => [segment.number, segment]))
    for (const { place } of kills) {
      const segment = byNumber.get(place.segment)
      if (segment !== undefined && isBehind(place, next)) segment.kills++
    }
    this.#segments = segments
    this.#next = next
    this.#found = kills.map(({ found }) => found)
    this.#scanned = true
  }

  #makeRoom(moreBytes: number): void {
    const sizes = [...this.#done, ...this.#segments].map(({ bytes }) => bytes)
    for (let excess = countExcessSegments(sizes, moreBytes, this.#options.maxBytes); excess > 0; excess--) {
      const kills = this.#removeOldest()
      if (kills > 0) this.#options.onDropped('size', kills)
    }
  }

  /** Appends to the last segment, or to a new one. @throws ErrnoException; then nothing was written. */
  #write(record: Buffer): SpoolSegment {
    // An earlier agent's segment is never written to: how it ends is not known for sure.
    if (this.#writing === undefined || this.#writing.bytes >= this.#segmentBytes) {
      const segment = SpoolSegment.create(this.#folder, (this.#segments.at(-1)?.number ?? 0) + 1)
      this.#segments.push(segment)
      this.#writing = segment
      this.#unsynced.add('folder')
    }
    this.#writing.append(record)
    this.#unsynced.add(this.#writing)
    return this.#writing
  }

  #readHead(): { kill: SpooledKill; end: number } | undefined {
    for (;;) {
      const segment = this.#segments[0]
      if (segment === undefined) return undefined
      const isNext = segment.number === this.#next.segment
      const offset = isNext ? this.#next.offset : SEGMENT_HEADER.length
      if (offset >= segment.bytes || segment.number < this.#next.segment) {
        if (this.#segments.length === 1) return undefined
        this.#done.push(segment)
        this.#segments.shift()
        continue
      }
      const { record, end } = segment.read(offset)
      if (record?.kind === 'kill') return { kill: record, end }
      this.#next = { segment: segment.number, offset: end }
    }
  }

  /** @returns how many kills waited in it. */
  #removeOldest(): number {
    const done = this.#done.shift()
    const segment = done ?? this.#segments.shift()
    if (segment === undefined) return 0
    if (done === undefined) this.#head = undefined
    this.#remove(segment)
    return segment.kills
  }

  #remove(segment: SpoolSegment): void {
    this.#unsynced.delete(segment)
    try {
      segment.remove()
    } catch (error) {
      this.#options.logger.warn(`expected to remove a segment of the spool, got: ${messageOf(error)}`)
    }
  }
}

function factsOf({ subject, killLine, cgroupPath }: SpooledKill): FoundKill {
  return { subject, killLine, cgroupPath }
}

function isBehind(place: SpoolPlace, next: SpoolPlace): boolean {
  return place.segment > next.segment || (place.segment === next.segment && place.offset > next.offset)
}

/** The names in a folder, so that a new file is found after the end of the node. */
async function syncFolder(folder: string): Promise<void> {
  const descriptor = openSync(folder, 'r')
  try {
    await promisify(fsync)(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
