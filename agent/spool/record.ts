import { crc32 } from 'node:zlib'
import * as z from 'zod'

/**
 * A segment of the spool is a header and records, only ever appended to:
 *
 *     u32 length of the body · u32 CRC-32 of the body · body      (little-endian)
 *     body of a kill:  'K' · u16 length of its facts · facts as JSON · payload
 *     body of an ack:  'A' · place as JSON: what stands before it in the spool is stored
 */

/** A kill as it waits on disk: encoded once, sent as it is. */
export interface SpooledKill {
  subject: string
  /** The kernel's time stamp of its line; with the boot id in the subject, its age. */
  monotonicUsec: number
  /** Whether a kill line of the kernel told it, which the account of the boot counts. */
  killLine: boolean
  /** The cgroup that has counted it; none where nobody could be named. */
  cgroupPath?: string | undefined
  payload: Uint8Array
}

/** Where a record ends: the segment's number and the byte in it. */
export interface SpoolPlace {
  segment: number
  offset: number
}

export type SpoolRecord = ({ kind: 'kill' } & SpooledKill) | { kind: 'acked'; before: SpoolPlace }

export const SEGMENT_HEADER = Buffer.from('oomkeeper spool 1\n')
export const PREFIX_BYTES = 8
/** NATS takes no message of more than 1 MiB, and an event is bounded to less. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024

export function encodeRecord(record: SpoolRecord): Buffer {
  const body = record.kind === 'kill' ? encodeKill(record) : Buffer.from(`A${JSON.stringify(record.before)}`)
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32LE(body.length, 0)
  prefix.writeUInt32LE(crc32(body), 4)
  return Buffer.concat([prefix, body])
}

function encodeKill({ subject, monotonicUsec, killLine, cgroupPath, payload }: SpooledKill): Buffer {
  const facts = Buffer.from(JSON.stringify({ subject, monotonicUsec, killLine, cgroupPath }))
  const head = Buffer.alloc(3)
  head.write('K')
  head.writeUInt16LE(facts.length, 1)
  return Buffer.concat([head, facts, payload])
}

/** The length of a record's body, or undefined for what no record has: the zeros of a torn tail, or noise. */
export function parseBodyLength(prefix: Buffer): number | undefined {
  if (prefix.length < PREFIX_BYTES) return undefined
  const length = prefix.readUInt32LE(0)
  return length > 0 && length <= MAX_BODY_BYTES ? length : undefined
}

/** @returns undefined for a body that is not what was written. */
export function parseRecord(prefix: Buffer, body: Buffer): SpoolRecord | undefined {
  if (prefix.readUInt32LE(4) !== crc32(body)) return undefined
  try {
    if (body[0] === ACKED) return { kind: 'acked', before: placeSchema.parse(JSON.parse(body.toString('utf8', 1))) }
    if (body[0] !== KILL) return undefined
    const factsEnd = 3 + body.readUInt16LE(1)
    const facts = factsSchema.parse(JSON.parse(body.toString('utf8', 3, factsEnd)))
    return { kind: 'kill', ...facts, payload: body.subarray(factsEnd) }
  } catch {
    return undefined
  }
}

const count = z.int().nonnegative()
const placeSchema = z.object({ segment: count, offset: count })
const factsSchema = z.object({
  subject: z.string().min(1).max(512),
  monotonicUsec: count,
  killLine: z.boolean(),
  cgroupPath: z.string().max(4096).optional(),
})

const ACKED = 'A'.charCodeAt(0)
const KILL = 'K'.charCodeAt(0)
