import { setTimeout as sleep } from 'node:timers/promises'
import { withProgress } from '../cluster/process/progress.ts'
import { numberFrom } from '../support/numberFrom.ts'
import { untilComplete } from './agentMetrics.ts'
import type { Chapter } from './chapter.ts'
import { listCostlyContainers, readCost, type ContainerCost, type CostlyContainer } from './containerCosts.ts'
import type { E2eWorld } from './e2eWorld.ts'
import { killInService, type NodeHands } from './nodeHands.ts'

const KILLS = 1_000
/** The second node's processor is emulated: it kills a tenth as fast. */
const SECOND_NODE_KILLS = 100
const AT_ONCE = 20
const TICKS_PER_SECOND = 100

type Costs = ReadonlyMap<CostlyContainer, ContainerCost>

async function readCosts(containers: readonly CostlyContainer[]): Promise<Costs> {
  const costs = new Map<CostlyContainer, ContainerCost>()
  for (const container of containers) costs.set(container, await readCost(container))
  return costs
}

async function killMany(node: NodeHands, times: number): Promise<void> {
  for (let done = 0; done < times; done += AT_ONCE)
    await killInService(node, `e2e-costs-${process.pid}`, Math.min(AT_ONCE, times - done))
}

function tell({ story }: E2eWorld, before: Costs, after: Costs, seconds: number): void {
  const mib = (kib: number): string => (kib / 1024).toFixed(1)
  for (const [container, { rssKib, privateKib, cpuTicks }] of after) {
    const cpuSeconds = (cpuTicks - (before.get(container)?.cpuTicks ?? Number.NaN)) / TICKS_PER_SECOND
    story.say(
      `   ${container.title.padEnd(30)} RSS ${mib(rssKib)} MiB, private ${mib(privateKib)} MiB, ${cpuSeconds.toFixed(1)} s of processor, ${((cpuSeconds / seconds) * 100).toFixed(2)} % of a core`,
    )
  }
}

async function run(world: E2eWorld): Promise<void> {
  const { story, nodes, tally, evidence } = world
  const [own, second] = nodes
  const minutes = numberFrom('e2e', 'E2E_IDLE_MINUTES', 20)
  const containers = await listCostlyContainers(world)
  const atFirst = await readCosts(containers)
  const startedMs = performance.now()
  await withProgress(`${KILLS} kills …`, story.progress, async () => {
    await Promise.all([killMany(own, KILLS - SECOND_NODE_KILLS), killMany(second, SECOND_NODE_KILLS)])
    await tally.untilTold(evidence)
  })
  const afterKills = await readCosts(containers)
  const seconds = (performance.now() - startedMs) / 1000
  story.say(`   over ${KILLS} kills in ${seconds.toFixed(0)} s:`)
  tell(world, atFirst, afterKills, seconds)
  await untilComplete(world)
  const idleMs = performance.now()
  await withProgress(`${minutes} idle minutes …`, story.progress, () => sleep(minutes * 60_000))
  story.say(`   over ${minutes} idle minutes:`)
  tell(world, afterKills, await readCosts(containers), (performance.now() - idleMs) / 1000)
}

export const costs: Chapter = {
  name: 'costs',
  title: 'What agents and operators take in their pods: over 1,000 kills, and idle (E2E_IDLE_MINUTES)',
  isShort: false,
  run,
}
