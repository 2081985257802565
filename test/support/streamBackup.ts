import { createInbox, type NatsConnection } from 'nats'

/** What `nats stream backup` keeps. */
export interface StreamBackup {
  config: object
  state: object
  chunks: readonly Uint8Array[]
}

const TIMEOUT = { timeout: 10_000 }

/** As `nats stream backup` does, by the JetStream API (JSApiStreamSnapshotT of nats-server). */
export async function backUpStream(nats: NatsConnection, stream: string): Promise<StreamBackup> {
  const deliver = createInbox()
  const chunks: Uint8Array[] = []
  const messages = nats.subscribe(deliver)
  const { config, state } = await ask(nats, `$JS.API.STREAM.SNAPSHOT.${stream}`, {
    deliver_subject: deliver,
    no_consumers: true,
  })
  for await (const message of messages) {
    // The last one is empty.
    if (message.data.length === 0) break
    chunks.push(Uint8Array.from(message.data))
    message.respond()
  }
  messages.unsubscribe()
  return { config: config as object, state: state as object, chunks }
}

/** As `nats stream restore` does (JSApiStreamRestoreT); no stream of that name may be there. */
export async function restoreStream(nats: NatsConnection, stream: string, backup: StreamBackup): Promise<void> {
  const { config, state, chunks } = backup
  const { deliver_subject: deliver } = await ask(nats, `$JS.API.STREAM.RESTORE.${stream}`, { config, state })
  for (const chunk of chunks) await nats.request(String(deliver), chunk, TIMEOUT)
  accepted((await nats.request(String(deliver), undefined, TIMEOUT)).json())
}

async function ask(nats: NatsConnection, subject: string, request: object): Promise<Record<string, unknown>> {
  return accepted((await nats.request(subject, JSON.stringify(request), TIMEOUT)).json())
}

function accepted(answer: Record<string, unknown>): Record<string, unknown> {
  if (answer['error'] !== undefined) throw new Error(`expected JetStream to accept, got ${JSON.stringify(answer)}`)
  return answer
}
