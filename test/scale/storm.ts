import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '../cluster/process/wait.ts'
import { compareCounts, readCounted, sumOf } from './countedReports.ts'
import { readCpuSeconds, readGauge, readMemory } from './operatorGauges.ts'
import { planWorkload } from './population.ts'
import type { ScaleWorld } from './scaleWorld.ts'
import type { ScaleSizes } from './sizes.ts'
import { countDueWrites, planStorm, seededRandom, type PlannedKill, type StormShape } from './stormPlan.ts'
import { measureWriteLimit } from './writeLimit.ts'

const SEED = 7
const TICK_MS = 10
/** Each look makes the operator write out all of its metrics. */
const LOOK_EVERY_MS = 200
/** After the last kill. */
const SETTLE_DEADLINE_MS = 15 * 60_000

export interface StormResult {
  shape: StormShape
  kills: number
  counted: number
  /** Where counts are not what was killed. */
  wrong: string[]
  /** Status writes of the operator's, by the apiserver's own count, until all was counted. */
  writes: number
  /** One for each report in each second in which it has a kill. */
  dueWrites: number
  /** Of the report that was written most, and how many seconds it had for that. */
  mostWrites: number
  seconds: number
  /** From the last kill to the last one being stored: what a node tells waits until the kill before it is stored. */
  storedS: number
  /** From the last kill to the last report being right. */
  settledS: number
  /** Writes of this storm's shape that this apiserver takes a second. */
  limitPerS: number
  /** How long it took from the first kill on, by how long the apiserver needs for the due writes (the storm itself at least). */
  ratio: number
  rssMb: number
  peakRssMb: number
  /** Processor seconds of the operator, the apiserver and etcd. */
  cpu: { operator: number; apiserver: number; etcd: number }
}

/** Kills as planned, and waits until each is in its report. */
export async function runStorm(
  world: ScaleWorld,
  shape: StormShape,
  sizes: ScaleSizes,
  log: (line: string) => void,
): Promise<StormResult> {
  const { population, api, operator, expected, writeWatch } = world
  const plan = planStorm(shape, sizes, population.podsOf, seededRandom(SEED))
  const workloadOf = (pod: number): number => population.pods[pod]?.workload ?? -1
  const dueWrites = countDueWrites(plan, workloadOf)
  const limitPerS = await measureWriteLimit(api, plan, population.pods)
  log(
    `  ${shape}: the apiserver takes ${limitPerS.toFixed(0)} such writes/s; ${plan.length} kills in ${sizes.stormSeconds} s …`,
  )

  const countedBefore = await readGauge(operator, 'kills_counted_total')
  const before = sumOf(expected)
  const writesBefore = await world.readStatusWrites()
  const cpuBefore = cpuOf(world)
  const startMs = performance.now()
  const stored = await publish(world, plan, startMs)
  const lastMs = performance.now()
  await Promise.all(stored)
  const storedMs = performance.now()
  for (const { pod } of plan) expect(expected, workloadOf(pod))

  await waitUntil(
    `${plan.length} kills to be counted`,
    async () => (await readGauge(operator, 'kills_counted_total')) - countedBefore >= plan.length || undefined,
    {
      deadlineMs: SETTLE_DEADLINE_MS,
      everyMs: LOOK_EVERY_MS,
      giveUp: () => (operator.program.running ? undefined : 'it has ended'),
    },
  )
  const saidMs = performance.now()
  const writes = (await world.readStatusWrites()) - writesBefore
  const cpuAfter = cpuOf(world)
  let counted = await readCounted(api)
  let settledMs = saidMs
  // What the operator says is not taken for it: what the apiserver has is.
  for (let wait = 0; wait < 20 && compareCounts(expected, counted).length > 0; wait++) {
    await sleep(500)
    settledMs = performance.now()
    counted = await readCounted(api)
  }
  const seconds = (settledMs - startMs) / 1000
  return {
    shape,
    kills: plan.length,
    counted: sumOf(counted) - before,
    wrong: compareCounts(expected, counted),
    writes,
    dueWrites,
    mostWrites: writeWatch.mostOfOneReport(startMs, settledMs),
    seconds,
    storedS: (storedMs - lastMs) / 1000,
    settledS: Math.max(0, settledMs - lastMs) / 1000,
    limitPerS,
    ratio: seconds / Math.max(sizes.stormSeconds, dueWrites / limitPerS),
    ...readMemory(operator),
    cpu: {
      operator: cpuAfter.operator - cpuBefore.operator,
      apiserver: cpuAfter.apiserver - cpuBefore.apiserver,
      etcd: cpuAfter.etcd - cpuBefore.etcd,
    },
  }
}

function expect(expected: Map<string, number>, workload: number): void {
  const { namespace, reportName } = planWorkload(workload)
  const key = `${namespace}/${reportName}`
  expected.set(key, (expected.get(key) ?? 0) + 1)
}

/** @returns when each is stored. Resolves when the last one has happened. */
async function publish(
  { population, nodes }: ScaleWorld,
  plan: readonly PlannedKill[],
  startMs: number,
): Promise<Promise<void>[]> {
  const stored: Promise<void>[] = []
  for (const { atMs, pod } of plan) {
    while (performance.now() - startMs < atMs) await sleep(TICK_MS)
    const victim = population.pods[pod]
    if (victim !== undefined) stored.push(nodes.kill(victim))
  }
  return stored
}

function cpuOf({ operator, world }: ScaleWorld): StormResult['cpu'] {
  return {
    operator: readCpuSeconds(operator.program.pid),
    apiserver: readCpuSeconds(world.api.apiserver.pid),
    etcd: readCpuSeconds(world.api.etcd.pid),
  }
}
