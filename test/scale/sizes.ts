/** How large a run is. */
export interface ScaleSizes {
  nodes: number
  pods: number
  workloads: number
  /** In each storm. */
  kills: number
  stormSeconds: number
  /** Kills one by one, to see how long one takes. */
  quietKills: number
}

export const FULL: ScaleSizes = {
  nodes: 5_000,
  pods: 50_000,
  workloads: 2_000,
  kills: 20_000,
  stormSeconds: 60,
  quietKills: 100,
}

const FIRST_NODES = 10
/** Of the storms on the way to the full size. */
const STAGE_SECONDS = 20

/** From ten nodes to all of them, tenfold each time, everything in proportion; what is there stays. */
export function planStages(full: ScaleSizes): ScaleSizes[] {
  const stages: ScaleSizes[] = []
  for (let nodes = FIRST_NODES; nodes < full.nodes; nodes *= 10) {
    const part = (of: number): number => Math.max(1, Math.round((of * nodes) / full.nodes))
    const stormSeconds = Math.min(STAGE_SECONDS, full.stormSeconds)
    const kills = Math.max(1, Math.round((part(full.kills) * stormSeconds) / full.stormSeconds))
    stages.push({ ...full, nodes, pods: part(full.pods), workloads: part(full.workloads), kills, stormSeconds })
  }
  return [...stages, full]
}
