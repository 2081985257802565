/** @returns the number, or undefined where it was not printed or is too large to be held exactly. */
export function exactInteger(digits: string | undefined): number | undefined {
  if (digits === undefined || digits === '') return undefined
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : undefined
}

/** @returns the number as exactInteger does, but none below 0: what counts pages or processes has no sign. */
export function exactCount(digits: string | undefined): number | undefined {
  const value = exactInteger(digits)
  return value === undefined || value < 0 ? undefined : value
}

export function oomScoreAdjOf(digits: string | undefined): number | undefined {
  return oomScoreAdj(exactInteger(digits))
}

/** The range the kernel allows (include/uapi/linux/oom.h); a number outside it was not an oom_score_adj. */
export function oomScoreAdj(value: number | undefined): number | undefined {
  return value !== undefined && value >= -1000 && value <= 1000 ? value : undefined
}

export function uidOf(digits: string | undefined): number | undefined {
  return unsignedUid(exactInteger(digits))
}

/** Kernels before 5.4 print a uid with %d; the upper half of the range comes out negative. 32 bits are all there are. */
export function unsignedUid(value: number | undefined): number | undefined {
  if (value === undefined || value < -(2 ** 31) || value >= 2 ** 32) return undefined
  return value >= 0 ? value : value + 2 ** 32
}
