import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { errorMessage, waitUntil } from '../../cluster/process/wait.ts'
import { readKernelKills } from '../../support/kernelKills.ts'
import { KillingContainer, ownTop } from '../../support/killingContainer.ts'
import type { KillStreamView } from '../../support/killStream.ts'
import { measureIdle, startBareNode, type IdleCost } from '../idle.ts'
import { withAgent } from '../withAgent.ts'

const COUNTS = [500, 2_000]
const idleMinutes = Number(process.env['IDLE_MINUTES'] ?? 2)
const KILLS = Number(process.env['KILLS'] ?? 2_000)
const CONTAINERS = 10

const countProcesses = (): number => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length

const tell = (name: string, { rssMib, privateMib, cpuPercent }: IdleCost): void =>
  console.log(
    `  ${name.padEnd(28)} RSS ${rssMib.toFixed(1)} MiB, private ${privateMib.toFixed(1)} MiB, ${cpuPercent.toFixed(3)} % of a core`,
  )

/** So many more, which sleep. */
async function crowd(count: number): Promise<ChildProcess> {
  const script = `i=0; while [ $i -lt ${count} ]; do sleep 100000 & i=$((i + 1)); done; echo; wait`
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  if (child.stdout !== null) await once(child.stdout, 'data')
  return child
}

async function disperse(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  await once(child, 'exit')
}

async function measureCrowds(agentPid: number): Promise<Record<number, IdleCost>> {
  const costs: Record<number, IdleCost> = {}
  const bare = startBareNode()
  for (const count of COUNTS) {
    const child = await crowd(count)
    // The first scan that sees them reads more than those after.
    await new Promise((resolve) => setTimeout(resolve, 35_000))
    console.log(`at rest for ${idleMinutes} min beside ${countProcesses()} processes, ${count} of them the bench's:`)
    const killsBefore = readKernelKills()
    const { agent, floor } = await measureIdle({ agent: agentPid, floor: bare.pid }, idleMinutes)
    await disperse(child)
    if (agent === undefined || floor === undefined) throw new Error('expected both to be measured')
    tell('the agent', agent)
    tell('a bare Node', floor)
    const kills = readKernelKills() - killsBefore
    if (kills > 0) console.log(`  not at rest: the kernel killed ${kills} times meanwhile`)
    costs[count] = agent
  }
  bare.stop()
  return costs
}

/** Kills as fast as they come, in ten containers, each time so many; what the agent has after each. */
async function measureStorm(agentPid: number, stream: KillStreamView): Promise<number[]> {
  const containers = Array.from({ length: CONTAINERS }, () => new KillingContainer(ownTop('processes'), 8))
  const rssMib: number[] = []
  const rounds = 4
  for (let round = 1; round <= rounds; round++) {
    await Promise.all(containers.map((container) => container.killInside(KILLS / rounds / CONTAINERS, 0)))
    const told = async () => (await stream.count()) >= (KILLS * round) / rounds || undefined
    await waitUntil('the kills to be stored', told, { deadlineMs: 60_000 })
    const { agent } = await measureIdle({ agent: agentPid }, 1 / 60)
    if (agent === undefined) throw new Error('expected the agent to be there')
    tell(`after ${(KILLS * round) / rounds} kills`, agent)
    rssMib.push(agent.rssMib)
  }
  for (const container of containers) container.remove()
  return rssMib
}

async function bench(agentPid: number, stream: KillStreamView): Promise<string> {
  const costs = await measureCrowds(agentPid)
  console.log(`a storm of ${KILLS} kills in ${CONTAINERS} containers:`)
  const rssMib = await measureStorm(agentPid, stream)
  const shares = COUNTS.map((count) => `${costs[count]?.cpuPercent.toFixed(3)} % of a core beside ${count}`)
  const sizes = rssMib.map((mib) => mib.toFixed(0)).join(', ')
  return `${shares.join(', ')} processes; RSS ${sizes} MiB over ${KILLS} kills`
}

try {
  console.log(`bench-processes ok: ${await withAgent('processes', bench)}`)
} catch (error) {
  console.log(`bench-processes failed: ${errorMessage(error)}`)
  process.exit(3)
}
