import type { Caveat } from '../../agent/simulate/caveats.ts'
import type { Difference } from '../../agent/simulate/compare.ts'
import type { FoundDomain } from '../../agent/simulate/readDomain.ts'
import type { ScoreChange } from '../../agent/simulate/scoreChange.ts'
import type { Simulation } from '../../agent/simulate/simulation.ts'

/** What `--with` would change. */
export interface Change {
  changes: readonly (ScoreChange & { pids: readonly number[] })[]
  simulation: Simulation
  differences: readonly Difference[]
}

export interface SimulationReport {
  found: FoundDomain
  untilKib: number | undefined
  now: Simulation
  change: Change | undefined
  caveats: readonly Caveat[]
  /** What could not be seen, as sentences. */
  unseen: readonly string[]
}
