import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals'
import { KILL_STREAM } from '../../contract/subjects.ts'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'
import { startAgent, type AgentOptions, type AgentProcess } from './agentProcess.ts'
import { KillStreamView } from './killStream.ts'

const MIB = 1024 * 1024

/** What an agent needs around it: a nats-server for all tests of a file, a kill stream and a folder for each. */
export class AgentWorld {
  readonly node = 'node-a'
  nats!: PrivateNats
  stream!: KillStreamView
  /** Of the test that runs: holds the agents' state and secrets. */
  folder!: string
  readonly #started: AgentProcess[] = []

  async open(): Promise<void> {
    this.nats = await startNats({ nodes: [this.node], log: () => undefined })
    this.stream = await KillStreamView.open(this.nats)
  }

  async begin(maxBytes: number): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), 'oomkeeper-agent-'))
    await this.stream.create(maxBytes)
  }

  /** An agent that is killed when the test ends, unless it has ended. */
  async start(options: Partial<AgentOptions> = {}): Promise<AgentProcess> {
    const { node, nats, folder } = this
    const agent = await startAgent({ node, nats, folder, ...options })
    this.#started.push(agent)
    return agent
  }

  async killAgents(): Promise<void> {
    for (const { program } of this.#started.splice(0)) await program.kill()
  }

  async end(): Promise<void> {
    await this.killAgents()
    await this.stream.jsm.streams.delete(KILL_STREAM).catch(() => undefined)
    rmSync(this.folder, { recursive: true, force: true })
  }

  async close(): Promise<void> {
    await this.stream.close()
    await this.nats.dispose()
  }
}

/** A world for the tests of the suite that this is called in, or of the file; what it holds is there once they run. */
export function useAgentWorld({ maxBytes = 64 * MIB } = {}): AgentWorld {
  const world = new AgentWorld()
  beforeAll(() => world.open(), 120_000)
  afterAll(() => world.close(), 30_000)
  beforeEach(() => world.begin(maxBytes), 30_000)
  afterEach(() => world.end(), 30_000)
  return world
}
