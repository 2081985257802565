import type { JetStreamManager } from 'nats'
import { KILL_STREAM } from '#contract/subjects.ts'
import type { StoredMessage } from '../runtime/readKill.ts'
import { readMessage } from './natsStreams.ts'

/** The one message of a subject of the stream of kills, by the server's index of subjects; undefined where there is none. */
export async function findStoredKill(
  jsm: JetStreamManager,
  subject: string,
): Promise<(StoredMessage & { storedAt: string }) | undefined> {
  const message = await readMessage(jsm, KILL_STREAM, 'find a kill', { last_by_subj: subject })
  return message && { sequence: message.seq, subject, data: message.data, storedAt: message.timestamp }
}
