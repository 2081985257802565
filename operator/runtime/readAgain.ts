import type { KillEvent } from '#contract/killEvent.ts'
import { operatorError } from '../errors.ts'
import { killKey } from '../reports/killRecord.ts'
import { readKill, type StoredMessage } from './readKill.ts'

/** A message of the stream; undefined when it has it no longer. @throws ProgramError with retry. */
export type ReadMessage = (sequence: number) => Promise<StoredMessage | undefined>

/**
 * A kill that was read before, as its message tells it; undefined when the stream has it no longer.
 * @throws ProgramError StreamReplaced, with retry: a stream that was made anew has another message there, and ends the session
 * before long.
 */
export async function readAgain(
  readMessage: ReadMessage,
  sequence: number,
  record: Parameters<typeof killKey>[0],
): Promise<{ message: StoredMessage; event: KillEvent } | undefined> {
  const message = await readMessage(sequence)
  if (message === undefined) return undefined
  const read = readKill(message)
  if (read.ok && killKey(read.event) === killKey(record)) return { message, event: read.event }
  throw operatorError('StreamReplaced', `expected kill ${killKey(record)} at ${sequence} of the stream, got another`)
}
