import { parseBodyLength, parseRecord, PREFIX_BYTES, SEGMENT_HEADER, type SpoolRecord } from './record.ts'

export interface ScannedSegment {
  /** Up to here it holds whole records; what follows was being written when the node or the disk gave up. */
  end: number
  /** Records that are not what was written, between others that are. */
  corrupt: number
}

/**
 * Reads a segment from its beginning. A torn tail and a damaged record are data: the ones around them are told.
 * @param onRecord called with each record and the place where it begins and ends
 */
export function scanSegment(
  bytes: Buffer,
  onRecord: (record: SpoolRecord, start: number, end: number) => void,
): ScannedSegment {
  if (!bytes.subarray(0, SEGMENT_HEADER.length).equals(SEGMENT_HEADER)) return { end: 0, corrupt: 0 }
  let end = SEGMENT_HEADER.length
  let corrupt = 0
  /** Damaged ones since the last whole record: only one that follows shows that they were no torn tail. */
  let damaged = 0
  for (let at = end; ;) {
    const prefix = bytes.subarray(at, at + PREFIX_BYTES)
    const length = parseBodyLength(prefix)
    const next = at + PREFIX_BYTES + (length ?? 0)
    if (length === undefined || next > bytes.length) return { end, corrupt }
    const record = parseRecord(prefix, bytes.subarray(at + PREFIX_BYTES, next))
    if (record === undefined) {
      damaged++
    } else {
      corrupt += damaged
      damaged = 0
      end = next
      onRecord(record, at, next)
    }
    at = next
  }
}
