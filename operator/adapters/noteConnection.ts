import { Events, type NatsConnection } from 'nats'
import { operatorError } from '../errors.ts'
import type { TroubleObserver } from '../runtime/keepTrying.ts'

/** As natsConnection.ts has the client wait. */
const RECONNECT_MS = 250

/** Notes whether NATS is connected, until the connection is closed. */
export async function noteConnection(nats: NatsConnection, observer: TroubleObserver): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === Events.Disconnect) {
      const error = operatorError('NatsUnavailable', 'expected a connection to NATS, got its end')
      observer.trouble('nats', error, RECONNECT_MS)
    }
    if (type === Events.Reconnect) observer.fine('nats')
  }
}
