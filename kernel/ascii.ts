/** Text looked at byte by byte, or character code by character code, where it would cost too much as a string. */

export function isDigit(code: number | undefined): boolean {
  return code !== undefined && code >= 0x30 && code <= 0x39
}

/** @returns where the digits that begin at `at` end */
export function skipDigits(bytes: Buffer, at: number): number {
  while (isDigit(bytes[at])) at++
  return at
}

export function hasAt(bytes: Buffer, at: number, words: Buffer): boolean {
  for (let offset = 0; offset < words.length; offset++) if (bytes[at + offset] !== words[offset]) return false
  return true
}

/** 1 for each byte that is such a character: where kinds of characters alternate, a look-up beats comparing. */
export function byteTable(character: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (character.test(String.fromCharCode(byte)) ? 1 : 0))
}
