import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from '../../cluster/process/wait.ts'
import { KillingContainer, ownTop } from '../../support/killingContainer.ts'
import type { KillStreamView } from '../../support/killStream.ts'
import { measureIdle, startBareNode, type IdleCost } from '../idle.ts'
import { withAgent } from '../withAgent.ts'

const KILLS = Number(process.env['KILLS'] ?? 10_000)
const CONTAINERS = 10
/** After which share of the kills it is measured: what is filled once (V8's caches, remembered kills) is filled by the first. */
const SHARES = [0, 0.1, 0.5, 1]
/** What is more than this from the first measurement under load to the last has grown. */
const FLAT_MIB = 3
/** V8 gives back what a storm took when it is called little for some time. */
const REST_MS = Number(process.env['REST_SECONDS'] ?? 45) * 1_000

interface Cost extends IdleCost {
  kills: number
}

/** The agent at rest, over kills as fast as they come, each measured after a rest, beside a Node that does nothing. */
async function bench(agentPid: number, stream: KillStreamView): Promise<string> {
  const bare = startBareNode()
  try {
    const costs = await soak({ agent: agentPid, floor: bare.pid }, stream)
    const [rest, first, last] = [costs[0], costs[1], costs.at(-1)]
    if (rest === undefined || first === undefined || last === undefined) throw new Error('expected three measurements')
    const grown = last.privateMib - first.privateMib
    const figures = `RSS ${rest.rssMib.toFixed(1)} MiB and private ${rest.privateMib.toFixed(1)} at rest; private ${first.privateMib.toFixed(1)} after ${first.kills} kills, ${last.privateMib.toFixed(1)} after ${last.kills}`
    if (grown > FLAT_MIB)
      throw new Error(`expected to grow by at most ${FLAT_MIB} MiB, got ${grown.toFixed(1)}: ${figures}`)
    return figures
  } finally {
    bare.stop()
  }
}

async function soak(pids: { agent: number; floor: number }, stream: KillStreamView): Promise<Cost[]> {
  const containers = Array.from({ length: CONTAINERS }, () => new KillingContainer(ownTop('soak'), 8))
  const costs: Cost[] = []
  let kills = 0
  let before = 0
  try {
    for (const share of SHARES) {
      const more = Math.round(KILLS * share) - kills
      await Promise.all(containers.map((container) => container.killInside(more / CONTAINERS, 0)))
      kills += more
      await sleep(REST_MS)
      const { agent, floor } = await measureIdle(pids, 0.25)
      if (agent === undefined || floor === undefined) throw new Error('expected both to be measured')
      tell(`after ${kills} kills`, agent)
      if (share === 0) {
        tell('a bare Node', floor)
        before = await stream.count()
      } else {
        // Lines that the kernel's ring lost are told together, and `make faults` accounts for each.
        console.log(`    ${(await stream.count()) - before} events stored`)
      }
      costs.push({ ...agent, kills })
    }
  } finally {
    for (const container of containers) container.remove()
  }
  return costs
}

const tell = (name: string, { rssMib, privateMib, cpuPercent }: IdleCost): void =>
  console.log(
    `  ${name.padEnd(20)} RSS ${rssMib.toFixed(1)} MiB, private ${privateMib.toFixed(1)} MiB, ${cpuPercent.toFixed(3)} % of a core`,
  )

try {
  console.log(`soak ok: ${await withAgent('soak', bench)}`)
} catch (error) {
  console.log(`soak failed: ${errorMessage(error)}`)
  process.exit(3)
}
