import { NatsError, type JetStreamManager } from 'nats'
import { KILL_STREAM } from '#contract/subjects.ts'
import type { StoredMessage } from '../runtime/readKill.ts'
import { askNats } from './natsStreams.ts'

/** No message of that subject: https://github.com/nats-io/nats-server/blob/main/server/errors.json, JSNoMessageFoundErr. */
const NO_MESSAGE = 10037

/**
 * The one message of a subject of the stream of kills, by the server's index of subjects; undefined where there is none. Asked
 * of the stream's leader: a replica may be behind.
 */
export async function findStoredKill(
  jsm: JetStreamManager,
  subject: string,
): Promise<(StoredMessage & { storedAt: string }) | undefined> {
  return askNats('find a kill', async () => {
    try {
      const { seq, data, timestamp } = await jsm.streams.getMessage(KILL_STREAM, { last_by_subj: subject })
      return { sequence: seq, subject, data, storedAt: timestamp }
    } catch (error) {
      if (error instanceof NatsError && error.api_error?.err_code === NO_MESSAGE) return undefined
      throw error
    }
  })
}
