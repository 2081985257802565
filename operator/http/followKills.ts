import type { KillStream } from '../runtime/killStream.ts'
import { readKill } from '../runtime/readKill.ts'
import { parseKillSubject, nodeToken } from '#contract/subjects.ts'
import type { KillNotice } from './answers.ts'
import { describeNotice, type FindPod } from './describeKill.ts'

export interface KillFilter {
  node?: string | undefined
  namespace?: string | undefined
  /** The last one that was seen. */
  after?: number | undefined
}

/**
 * Kills as the stream takes them; undefined when nothing came for a while. What is no kill is left out, and so is the second
 * line of a victim that the kernel printed twice.
 * @param lastSequence of the stream now: a place behind it is of a stream that is no more
 */
export async function* followKills(
  stream: Pick<KillStream, 'read'>,
  lastSequence: number,
  { node, namespace, after = lastSequence }: KillFilter,
  findPod: FindPod,
  signal: AbortSignal,
): AsyncGenerator<KillNotice | undefined> {
  // At once: who asked knows that the way is open.
  yield undefined
  const token = node === undefined ? undefined : nodeToken(node)
  for await (const batch of stream.read(Math.min(after, lastSequence) + 1, signal)) {
    if (batch.length === 0) yield undefined
    for (const message of batch) {
      // Before its body is read: it may hold a dump.
      if (token !== undefined && parseKillSubject(message.subject)?.nodeToken !== token) continue
      const read = readKill(message)
      if (!read.ok || read.event.repeats !== undefined) continue
      const notice = describeNotice({ sequence: message.sequence, event: read.event }, findPod)
      if (namespace === undefined || notice.namespace === namespace) yield notice
    }
  }
}
