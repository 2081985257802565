import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { KillingContainer, ownTop } from '../support/killingContainer.ts'
import { KillStreamView } from '../support/killStream.ts'
import type { MadeKill } from './account.ts'
import { NODE, type FaultServers } from './faultServers.ts'
import { MortalProgram } from './mortalProgram.ts'
import { SmallDisk } from './smallDisk.ts'
import { Witness } from './witness.ts'

const CONTAINERS = 4
const LIMIT_MIB = 8
const AT_ONCE = 3
const EATER = 'exec tail /dev/zero'
/** Two that hold still say who they are. */
const GROUP = `sleep 600 & echo $!; sleep 600 & echo $!; ${EATER}`
/** The process may be gone before its line is printed. */
const LINE_AFTER_MS = 20

interface Container {
  id: string
  /** Whether all that is in it dies at once. Nobody else's processes are, then. */
  isGroup: boolean
  isBusy: boolean
  cgroup: KillingContainer
}

/** Real servers, the bundles as processes, containers to kill in, and a second reader of the kernel's log. */
export class FaultWorld {
  readonly servers: FaultServers
  readonly stream: KillStreamView
  readonly disk: SmallDisk
  readonly agent: MortalProgram
  readonly witness = new Witness()
  readonly made: MadeKill[] = []
  readonly #containers: Container[] = []
  #agentUrl = ''

  private constructor(servers: FaultServers, stream: KillStreamView) {
    this.servers = servers
    this.stream = stream
    this.disk = new SmallDisk(join(servers.folder, `state-${NODE}`))
    this.agent = new MortalProgram(() => this.#startAgent())
  }

  /** All of it runs. @param servers are its own then */
  static async start(servers: FaultServers): Promise<FaultWorld> {
    const world = new FaultWorld(servers, await KillStreamView.open(servers.nats))
    try {
      await servers.makeStreams(world.stream)
      await world.agent.start()
      for (let pod = 0; pod < CONTAINERS; pod++) await world.#makeContainer(`pod-${pod}`)
      return world
    } catch (error) {
      await world.dispose()
      throw error
    }
  }

  /** Several at a time, wherever it comes. */
  async kill(times: number): Promise<void> {
    let left = times
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.#killOne()
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  }

  /** Whether the agent has said of the newest kill that it knows of it. */
  get hasToldAll(): boolean {
    const newest = this.witness.kills.at(-1)
    return newest === undefined || this.agent.log.includes(`"sequence":${newest.sequence},`)
  }

  /** Kills that wait in the agent. @throws while it does not answer. */
  async pending(): Promise<number> {
    const text = await (await fetch(`${this.#agentUrl}/metrics`, { signal: AbortSignal.timeout(2_000) })).text()
    return Number(/^oomkeeper_agent_kills_pending (\d+)$/m.exec(text)?.[1])
  }

  async dispose(): Promise<void> {
    this.witness.close()
    await this.agent.kill()
    this.disk.remove()
    for (const { cgroup } of this.#containers) cgroup.remove()
    await this.stream.close()
    await this.servers.dispose()
  }

  async #startAgent(): Promise<AgentProcess> {
    const { nats, folder } = this.servers
    const agent = await startAgent({ node: NODE, nats, folder })
    this.#agentUrl = agent.baseUrl
    return agent
  }

  async #makeContainer(name: string): Promise<void> {
    const pod = await this.servers.makePod(name)
    const cgroup = new KillingContainer(ownTop('faults'), LIMIT_MIB, pod)
    const isGroup = this.servers.killsGroups === true && this.#containers.length === 0
    if (isGroup) cgroup.killWhole()
    this.#containers.push({ id: pod.containerId, isGroup, isBusy: false, cgroup })
  }

  async #killOne(): Promise<void> {
    const free = this.#containers.filter(({ isGroup, isBusy }) => !(isGroup && isBusy))
    const container = free[randomInt(free.length)]
    if (container === undefined) throw new Error('expected a container to kill in, got none')
    container.isBusy = true
    const from = this.witness.next
    const process = container.cgroup.start(container.isGroup ? GROUP : EATER)
    let said = ''
    process.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text))
    const [, signal] = (await once(process, 'close')) as [number | null, NodeJS.Signals | null]
    if (signal !== 'SIGKILL') throw new Error(`expected the kernel to kill ${EATER}, it ended with ${signal}`)
    await sleep(LINE_AFTER_MS)
    container.isBusy = false
    const to = this.witness.next
    for (const pid of [process.pid ?? -1, ...said.split('\n').filter(Boolean).map(Number)])
      this.made.push({ pid, containerId: container.id, from, to })
  }
}
