const ENTRY_BYTES = 16
/** include/uapi/linux/auxvec.h */
const AT_PAGESZ = 6n

/**
 * The page size in /proc/PID/auxv, pairs of 64-bit words in the machine's own order (little-endian on what is supported).
 * Source: proc_pid_auxv(5). @returns undefined when the bytes do not tell it.
 */
export function parsePageSizeKib(bytes: Buffer): number | undefined {
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    if (bytes.readBigUInt64LE(at) === AT_PAGESZ) return Number(bytes.readBigUInt64LE(at + 8)) / 1024
  }
  return undefined
}
