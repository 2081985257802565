/** Marsaglia's xorshift32, for mutations that are the same in every run. @returns a number from 0, below the one given. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
