import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { makeNatsUsers, natsServer, prepareNats } from '../../cluster/nats/server.ts'
import { launchPrivate } from '../../cluster/process/part.ts'
import { NODE, type FaultServers } from '../faultServers.ts'
import type { FaultKind } from '../plan.ts'

/** The clock is this machine's own, and nobody makes reports. */
export const LONE_FAULTS: readonly FaultKind[] = [
  'agentKilled',
  'natsStopped',
  'natsKilled',
  'diskFull',
  'ringOverrun',
  'clockStepped',
]
const STREAM_BYTES = 64 * 1024 * 1024

/** A real nats-server on a machine with nothing else. */
export async function startLoneServers(natsBinary: string, folder: string): Promise<FaultServers> {
  mkdirSync(folder, { recursive: true })
  const address = '127.0.0.1'
  const place = { binary: natsBinary, folder, host: address, address, port: 4222, monitorPort: 8222 }
  const users = makeNatsUsers([NODE])
  const nats = natsServer(place, users, prepareNats(place, users), launchPrivate(folder))
  await nats.process.start()
  return {
    nats,
    folder: join(folder, 'agent'),
    killsGroups: true,
    makeStreams: (stream) => stream.createAll(STREAM_BYTES),
    makePod: async () => ({ uid: randomUUID(), containerId: randomBytes(32).toString('hex') }),
    dispose: () => nats.process.kill(),
  }
}
