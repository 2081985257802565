import { utf16Of } from './utf16.ts'

/** How much of the beginning decides. Bytes. */
export const HEAD_BYTES = 8192

const GZIP = [0x1f, 0x8b]
/** What people hand over by mistake, by its first bytes. */
const FORMATS: readonly [string, readonly number[]][] = [
  ['a journal file of journald: give the output of `journalctl -k --file FILE`', bytesOf('LPKSHHRH')],
  ['compressed with xz: give the output of `xz -dc FILE`', [0xfd, ...bytesOf('7zXZ'), 0]],
  ['compressed with zstd: give the output of `zstd -dc FILE`', [0x28, 0xb5, 0x2f, 0xfd]],
  ['compressed with bzip2: give the output of `bzip2 -dc FILE`', bytesOf('BZh')],
  ['a zip archive: give the file in it', [...bytesOf('PK'), 3, 4]],
]

export function isGzip(head: Buffer): boolean {
  return startsWith(head, GZIP)
}

/** @returns what the input is, where it is no text of a log; undefined where it can be read. */
export function describeUnusable(head: Buffer): string | undefined {
  const known = FORMATS.find(([, magic]) => startsWith(head, magic))
  if (known !== undefined) return known[0]
  const encoding = utf16Of(head)
  const text = encoding === undefined ? head : Buffer.from(new TextDecoder(encoding).decode(head))
  return isBinary(text) ? 'binary data' : undefined
}

/** A kernel log has no zero bytes but for a hole that a crash left; text has few control characters. */
function isBinary(head: Buffer): boolean {
  let controls = 0
  // By index: an iterator takes 1 ms for it before the code is warm.
  for (let at = 0; at < head.length; at++) {
    const byte = head[at] ?? 0
    if (byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b && byte !== 0x1e)) controls++
  }
  return controls * 10 > head.length
}

function startsWith(head: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, at) => head[at] === byte)
}

function bytesOf(text: string): number[] {
  return [...Buffer.from(text)]
}
