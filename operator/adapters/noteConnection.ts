import { DebugEvents, Events, type NatsConnection } from 'nats'
import type { NatsTrouble } from '#program/natsTrouble.ts'
import { operatorError } from '../errors.ts'
import type { TroubleObserver } from '../runtime/keepTrying.ts'

/** As natsConnection.ts has the client wait. */
const RECONNECT_MS = 250

/** Notes whether NATS is connected, and why not, until the connection is closed. */
export async function noteConnection(nats: NatsConnection, why: NatsTrouble, observer: TroubleObserver): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === Events.Disconnect || type === DebugEvents.Reconnecting) {
      const got = why.reason ?? 'its end'
      observer.trouble(
        'nats',
        operatorError('NatsUnavailable', `expected a connection to NATS, got: ${got}`),
        RECONNECT_MS,
      )
    }
    if (type === Events.Reconnect) observer.fine('nats')
  }
}
