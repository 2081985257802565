import type { NatsConnection } from 'nats'
import { DESIRED_BUCKET, LEASE_KEY } from '../../contract/subjects.ts'

/** Each write of a desired state, by its node, as NATS passes it on; the operator's lease is none. */
export class DesiredWrites {
  readonly nodes: string[] = []

  constructor(connection: NatsConnection) {
    connection.subscribe(`$KV.${DESIRED_BUCKET}.*`, {
      callback: (_error, { subject }) => {
        const node = subject.split('.')[2] ?? ''
        if (node !== LEASE_KEY) this.nodes.push(node)
      },
    })
  }
}
