import { percentile } from '../bench/percentile.ts'
import { readMemory } from './operatorGauges.ts'
import { measureQuietKills } from './quietKills.ts'
import { ScaleWorld } from './scaleWorld.ts'
import { planStages, type ScaleSizes } from './sizes.ts'
import { runStorm, type StormResult } from './storm.ts'

/** The operator may take so much with everything cached. */
export const MAX_RSS_MB = 400

export interface StageResult {
  sizes: ScaleSizes
  setUpS: number
  idleRssMb: number
  /** A kill in the quiet, to its report in a watch. */
  quietP50Ms: number
  quietP99Ms: number
  storms: StormResult[]
}

export interface ScaleOptions {
  sizes: ScaleSizes
  /** Whether the way to the full size is measured too. */
  growing: boolean
  log: (line: string) => void
  operatorEnv?: Readonly<Record<string, string>>
}

/** Grows a cluster and lets it kill; each storm is counted before the next. */
export async function runScale({ sizes, growing, log, operatorEnv = {} }: ScaleOptions): Promise<StageResult[]> {
  const world = await ScaleWorld.start(sizes.nodes, operatorEnv)
  try {
    const results: StageResult[] = []
    for (const stage of growing ? planStages(sizes) : [sizes]) {
      const { nodes, pods, workloads } = stage
      if (results.length > 0) await world.untilQuiet(QUIET_DEADLINE_MS).catch((error: unknown) => log(String(error)))
      const startMs = performance.now()
      await world.growTo(stage)
      const setUpS = (performance.now() - startMs) / 1000
      log(`${nodes} nodes, ${pods} pods, ${workloads} workloads are there after ${setUpS.toFixed(0)} s`)
      const idleRssMb = readMemory(world.operator).rssMb
      const quiet = await measureQuietKills(world, stage.quietKills)
      const [quietP50Ms, quietP99Ms] = [percentile(quiet, 50), percentile(quiet, 99)]
      log(`  a kill in the quiet is seen after p50 ${quietP50Ms.toFixed(0)} ms, p99 ${quietP99Ms.toFixed(0)} ms`)
      const storms: StormResult[] = []
      for (const shape of ['even', 'skewed'] as const) {
        const storm = await runStorm(world, shape, stage, log)
        storms.push(storm)
        log(`  ${describeStorm(storm)}`)
      }
      results.push({ sizes: stage, setUpS, idleRssMb, quietP50Ms, quietP99Ms, storms })
    }
    return results
  } finally {
    await world.dispose()
  }
}

const QUIET_DEADLINE_MS = 120_000

function describeStorm(storm: StormResult): string {
  const { cpu } = storm
  return [
    `${storm.shape}: ${storm.kills} kills, counted ${storm.counted}, right after ${storm.seconds.toFixed(1)} s`,
    `(${storm.settledS.toFixed(1)} s after the last kill, ${storm.storedS.toFixed(1)} s of them until all were stored;`,
    `${storm.ratio.toFixed(2)} times the limit`,
    `of ${storm.limitPerS.toFixed(0)} writes/s); ${storm.writes} writes for ${storm.dueWrites} due,`,
    `${storm.mostWrites} of one report; RSS ${storm.rssMb.toFixed(0)} MB, peak ${storm.peakRssMb.toFixed(0)};`,
    `CPU: operator ${cpu.operator.toFixed(1)} s, apiserver ${cpu.apiserver.toFixed(1)} s, etcd ${cpu.etcd.toFixed(1)} s`,
  ].join(' ')
}

/** What does not hold; the goals for speed are no bounds. */
export function findWrong(results: readonly StageResult[]): string[] {
  return results.flatMap(({ storms }) =>
    storms.flatMap(({ shape, wrong, seconds, mostWrites, peakRssMb }) => [
      ...wrong.map((what) => `${shape}: ${what}`),
      ...(mostWrites > Math.ceil(seconds) + 1
        ? [`${shape}: expected at most one write per report and second, got ${mostWrites} in ${seconds.toFixed(1)} s`]
        : []),
      ...(mostWrites === 0 ? [`${shape}: expected to see the writes of reports, saw none`] : []),
      ...(peakRssMb > MAX_RSS_MB
        ? [`${shape}: expected the operator within ${MAX_RSS_MB} MB, got ${peakRssMb.toFixed(0)} MB`]
        : []),
    ]),
  )
}

/** All storms in one line. */
export function figuresOf(results: readonly StageResult[]): string {
  const storms = results.flatMap((stage) => stage.storms)
  const sum = (pick: (storm: StormResult) => number): number => storms.reduce((total, storm) => total + pick(storm), 0)
  const most = (pick: (storm: StormResult) => number): number => Math.max(...storms.map(pick))
  return [
    `kills ${sum(({ kills }) => kills)} counted ${sum(({ counted }) => counted)}`,
    `writes ${sum(({ writes }) => writes)}`,
    `settled ${most(({ settledS }) => settledS).toFixed(1)} s`,
    `RSS ${most(({ peakRssMb }) => peakRssMb).toFixed(0)} MB`,
  ].join(', ')
}
