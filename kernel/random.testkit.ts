/** @returns a whole number from 0, below the one given */
export type Random = (below: number) => number

/** Marsaglia's xorshift32, for mutations that are the same in every run. Seeds that follow each other begin far apart. */
export function createRandom(seed: number): Random {
  let state = scatter(seed) || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** The finalizer of MurmurHash3. */
function scatter(seed: number): number {
  let hash = seed | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return hash ^ (hash >>> 16)
}

export function pick<T>(values: readonly [T, ...T[]], random: Random): T {
  return values[random(values.length)] ?? values[0]
}
