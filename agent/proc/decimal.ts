const ZERO = 0x30
const NEWLINE = 0x0a
/** A number with more digits is none that the kernel prints where these are read, and would not be exact. */
const MAX_DIGITS = 15

/** Where the digits that start at this byte end. */
function endOfDigits(bytes: Uint8Array, start: number): number {
  let at = start
  while (at < bytes.length && ((bytes[at] ?? 0) - ZERO) >>> 0 <= 9) at++
  return at
}

function valueOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end === start || end - start > MAX_DIGITS) return undefined
  let value = 0
  for (let at = start; at < end; at++) value = value * 10 + (bytes[at] ?? 0) - ZERO
  return value
}

/** The decimal number that starts at this byte and ends at the first that is no digit; undefined where there is none. */
export function parseDecimal(bytes: Uint8Array, start: number): number | undefined {
  return valueOf(bytes, start, endOfDigits(bytes, start))
}

/** The same, of a file that holds one number: behind it there is at most a newline. */
export function parseOnlyNumber(bytes: Uint8Array, start: number): number | undefined {
  const end = endOfDigits(bytes, start)
  const rest = bytes.length - end
  return rest === 0 || (rest === 1 && bytes[end] === NEWLINE) ? valueOf(bytes, start, end) : undefined
}
