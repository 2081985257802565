import { connect, nkeyAuthenticator } from 'nats'
import type { NodeStatus } from '../../contract/nodeStatus.ts'
import { DESIRED_BUCKET, nodeToken } from '../../contract/subjects.ts'
import { forwardPort } from '../support/forwardedPort.ts'
import { untilNodeStatus } from '../support/nodeStatuses.ts'
import type { E2eWorld } from './e2eWorld.ts'

/**
 * Waits until each node's agent says, in the chart's own NATS, that it has read that its desired state is deleted, and has nothing left
 * to give back. @returns their statuses
 */
export async function untilGivenBack({ cluster, product, nodes, evidence }: E2eWorld): Promise<NodeStatus[]> {
  const logs = await evidence()
  const forwarded = await forwardPort(cluster, product.namespace, 'service/oomkeeper-nats', 4222)
  try {
    const { operatorSeed, caPem } = await product.natsLogin()
    const connection = await connect({
      servers: `tls://127.0.0.1:${forwarded.port}`,
      tls: { ca: caPem },
      authenticator: nkeyAuthenticator(Buffer.from(operatorSeed)),
    })
    try {
      const bucket = await connection.jetstream().views.kv(DESIRED_BUCKET, { bindOnly: true })
      const statuses: NodeStatus[] = []
      for (const { name } of nodes) {
        const entry = await bucket.get(nodeToken(name))
        if (entry?.operation !== 'DEL')
          throw new Error(`expected the desired state of ${name} to be deleted, got ${entry?.operation ?? 'none ever'}`)
        const isGiven = (status: NodeStatus): boolean =>
          status.desiredRevision === entry.revision && status.restoring === 0
        statuses.push(await untilNodeStatus(connection, name, isGiven, () => logs))
      }
      return statuses
    } finally {
      await connection.close()
    }
  } finally {
    await forwarded.close()
  }
}
