import type { NatsServer } from '../cluster/nats/server.ts'
import type { KillStreamView } from '../support/killStream.ts'
import type { MortalProgram } from './mortalProgram.ts'

export const NODE = 'node-a'

/** What a campaign has around the agent. */
export interface FaultServers {
  nats: NatsServer
  /** For the agent's state and its secret. */
  folder: string
  /** Where there is an apiserver. It runs. */
  operator?: MortalProgram
  /** Before the agent starts. */
  makeStreams(stream: KillStreamView): Promise<void>
  makePod(name: string): Promise<{ uid: string; containerId: string }>
  /** Some containers are killed whole. */
  killsGroups?: boolean
  /** Kills that the reports of the apiserver count, of containers and of nodes. */
  countReported?(): Promise<number>
  dispose(): Promise<void>
}
