import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeToken } from '../../../contract/subjects.ts'
import { httpGet } from '../process/httpGet.ts'
import { watchOver, type Launch, type Part, type PartCommand } from '../process/part.ts'
import { RestartablePart } from '../process/restartablePart.ts'
import { waitUntil } from '../process/wait.ts'
import { publicKeysOf, type CalloutSeeds } from './calloutSeeds.ts'
import { renderNatsConfig, type NatsUser, type NatsUsers } from './config.ts'

/** A nats-server with the two accounts, its users, and the power to stop, kill and start it. */
export interface NatsServer {
  url: string
  users: NatsUsers
  /** Where logins of agents are answered by the operator, which then has a key and no password. */
  seeds?: CalloutSeeds
  /** PEM of its certificate's authority, where it speaks TLS. */
  caFile?: string
  process: RestartablePart
}

export interface NatsPlace {
  binary: string
  folder: string
  host: string
  /** Where clients find it; where it listens may be a wildcard. */
  address: string
  port: number
  monitorPort: number
}

/** The agents' users, by node; a node that is not listed cannot connect. */
export function makeNatsUsers(nodes: readonly string[]): NatsUsers {
  const user = (name: string): NatsUser => ({ user: name, password: randomBytes(18).toString('base64url') })
  const agents = Object.fromEntries(nodes.map((node) => [node, user(`agent-${nodeToken(node)}`)]))
  return { operator: user('operator'), system: user('system'), agents }
}

export function storeFolderOf({ folder }: Pick<NatsPlace, 'folder'>): string {
  return join(folder, 'jetstream')
}

/** Writes the configuration and says how the server is started with it. */
export function prepareNats(place: NatsPlace, users: NatsUsers, seeds?: CalloutSeeds): PartCommand {
  const { host, port, monitorPort } = place
  const storeFolder = storeFolderOf(place)
  mkdirSync(storeFolder, { recursive: true, mode: 0o700 })
  const configFile = join(place.folder, 'nats.conf')
  const config = renderNatsConfig({
    serverName: 'oomkeeper-test',
    listen: { host, port, monitorPort },
    storeFolder,
    users,
    ...(seeds && { callout: publicKeysOf(seeds) }),
  })
  writeFileSync(configFile, config, { mode: 0o600 })
  return { name: 'nats-server', argv: [place.binary, '-c', configFile] }
}

export function natsServer(
  place: NatsPlace,
  users: NatsUsers,
  command: PartCommand,
  launch: Launch,
  running?: Part,
): NatsServer {
  const ready = (part: Part): Promise<void> => waitNatsReady(place, part)
  return {
    url: `nats://${place.address}:${place.port}`,
    users,
    process: new RestartablePart(command, launch, ready, running),
  }
}

/** Healthy includes JetStream with its streams recovered. */
export async function waitNatsReady(place: NatsPlace, part: Part): Promise<void> {
  const url = `http://${place.address}:${place.monitorPort}/healthz`
  const probe = async (): Promise<true> => (await httpGet(url, { timeoutMs: 1000 }), true)
  await waitUntil('nats-server to be healthy', probe, { deadlineMs: 30_000, everyMs: 30, ...watchOver(part) })
}
