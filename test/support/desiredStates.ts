import { connect, type KV, type NatsConnection, type RetentionPolicy } from 'nats'
import { AUDIT_STREAM, AUDIT_SUBJECTS, DESIRED_BUCKET } from '../../contract/subjects.ts'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'

/** What an agent that adjusts scores speaks to, with no operator: a test writes its desired states. */
export interface DesiredStates {
  nats: PrivateNats
  /** The operator's. */
  connection: NatsConnection
  bucket: KV
}

/** A nats-server with the bucket of desired states and the streams that an agent writes of its scores. */
export async function startDesiredStates(node: string): Promise<DesiredStates> {
  const nats = await startNats({ nodes: [node], log: () => undefined })
  const { user, password } = nats.users.operator
  const connection = await connect({ servers: nats.url, user, pass: password })
  const bucket = await connection.jetstream().views.kv(DESIRED_BUCKET, { history: 1, allow_direct: true })
  const jsm = await connection.jetstreamManager()
  const retention = 'limits' as RetentionPolicy
  await jsm.streams.add({ name: 'OOM_STATUS', subjects: ['oom.v1.status.*'], retention, max_msgs_per_subject: 1 })
  await jsm.streams.add({ name: AUDIT_STREAM, subjects: [AUDIT_SUBJECTS], retention })
  return { nats, connection, bucket }
}
