import type { ScaleSizes } from './sizes.ts'

export type StormShape = 'even' | 'skewed'

export interface PlannedKill {
  /** Since the storm began. */
  atMs: number
  /** Index into the pods. */
  pod: number
}

const HOT_WORKLOADS = 50
const HOT_SHARE = 0.9

/**
 * Kills at an even pace. `even`: over all workloads alike; `skewed`: nine of ten in fifty workloads (in a tenth of them, where
 * there are fewer than five hundred).
 * @param random From 0 to below 1.
 */
export function planStorm(
  shape: StormShape,
  { kills, stormSeconds, workloads }: ScaleSizes,
  podsOf: readonly (readonly number[])[],
  random: () => number,
): PlannedKill[] {
  const hot = Math.max(1, Math.min(HOT_WORKLOADS, Math.floor(workloads / 10)))
  const below = (limit: number): number => Math.floor(random() * limit)
  const skewed = (): number => (random() < HOT_SHARE || hot === workloads ? below(hot) : hot + below(workloads - hot))
  return Array.from({ length: kills }, (_, at) => {
    const workload = shape === 'even' ? at % workloads : skewed()
    const pods = podsOf[workload] ?? []
    const pod = pods[below(pods.length)]
    if (pod === undefined) throw new Error(`expected a pod of workload ${workload}, got none`)
    return { atMs: (at * stormSeconds * 1000) / kills, pod }
  })
}

/** How many writes it takes to tell each kill within its second: each report once in each second in which it has one. */
export function countDueWrites(kills: readonly PlannedKill[], workloadOf: (pod: number) => number): number {
  return new Set(kills.map(({ atMs, pod }) => `${workloadOf(pod)}/${Math.floor(atMs / 1000)}`)).size
}

/** Mulberry32: the same storm in each run. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
