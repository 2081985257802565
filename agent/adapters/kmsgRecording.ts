import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { recordingUnreadable } from '../errors.ts'
import { RecordSplitter } from '../kmsg/split.ts'
import type { KmsgSource } from './kmsgSource.ts'

export type RecordingPace = 'kept' | 'fast'

/** A recorded /dev/kmsg in the device's place, with its own pace or as fast as it goes. Ends with the file. */
export class KmsgRecording implements KmsgSource {
  readonly description: string
  readonly trouble = undefined
  readonly #path: string
  readonly #pace: RecordingPace
  readonly #bytes: Buffer
  #resume: (() => void) | undefined
  #paused = false

  constructor(path: string, pace: RecordingPace) {
    this.#path = path
    this.#pace = pace
    this.description = `recording ${path}`
    try {
      this.#bytes = readFileSync(path)
    } catch (error) {
      throw recordingUnreadable(this.#path, error)
    }
  }

  /**
   * An identity in place of a boot's: the content's hash in the form of a UUID (RFC 9562, version 8), so that the same
   * recording told twice is the same kills.
   */
  get bootId(): string {
    const hex = createHash('sha256').update(this.#bytes).digest('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }

  async run(onRecord: (record: Buffer) => void, signal: AbortSignal): Promise<void> {
    const records: Buffer[] = []
    const splitter = new RecordSplitter((record) => records.push(record))
    splitter.push(this.#bytes)
    splitter.end()

    let previousUsec: number | undefined
    for (const record of records) {
      if (signal.aborted) return
      if (this.#paused) await new Promise<void>((resolve) => (this.#resume = resolve))
      if (this.#pace === 'kept') {
        const parsed = parseKmsgRecord(record)
        if (parsed.failure === undefined) {
          const waitMs = previousUsec === undefined ? 0 : (parsed.monotonicUsec - previousUsec) / 1000
          previousUsec = parsed.monotonicUsec
          if (waitMs >= 1) await sleep(waitMs, undefined, { signal }).catch(() => undefined)
        }
      }
      onRecord(record)
    }
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#resume?.()
  }
}
