import { OperatorWorld } from '../integration/operatorWorld.ts'
import { applyCrds, untilReady } from '../support/stack.ts'
import { NODE, type FaultServers } from './faultServers.ts'
import { MortalProgram } from './mortalProgram.ts'
import type { FaultKind } from './plan.ts'

/** A machine's wall clock is everybody's: it is stepped in a virtual machine. */
export const CLUSTER_FAULTS: readonly FaultKind[] = [
  'agentKilled',
  'natsStopped',
  'natsKilled',
  'diskFull',
  'ringOverrun',
  'operatorKilled',
]

/** Real nats-server, etcd and kube-apiserver, and the operator, which makes the streams. */
export async function startClusterServers(): Promise<FaultServers> {
  const world = await OperatorWorld.start()
  const operator = new MortalProgram(() => world.startOperator())
  const dispose = async (): Promise<void> => {
    await operator.kill()
    await world.endOperators()
    await world.dispose()
  }
  const countKills = async (kind: string): Promise<number> => {
    const { items } = await world.get<{ items: { status?: { kills: number } }[] }>(kind, '--all-namespaces')
    return items.reduce((sum, { status }) => sum + (status?.kills ?? 0), 0)
  }
  try {
    await applyCrds(world.api.kubectl)
    await untilReady(await world.startOperator())
    await world.endOperators()
    await operator.start()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    nats: world.nats,
    folder: world.folder,
    operator,
    makeStreams: async () => undefined,
    makePod: (name) => world.makePod({ name, node: NODE }),
    countReported: async () => (await countKills('oomr')) + (await countKills('noomr')),
    dispose,
  }
}
