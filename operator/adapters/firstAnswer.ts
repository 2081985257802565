import { isProgramError } from '#program/errors.ts'
import type { KubeClient } from './kubeClient.ts'

const ASK_EVERY_MS = 500
/** Where a network drops what it does not let through, a connection is lost, not refused. */
const ANSWER_LIMIT_MS = 2_000

export interface FirstAnswerPorts {
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs: () => number
  sleep: (ms: number) => Promise<void>
  limitMs: number
}

/**
 * Waits until the apiserver answers, whatever it says: a network that heeds NetworkPolicies may refuse a pod until it knows the
 * pod's address, some moments after its start. For programs that do one thing and end.
 * @throws ProgramError ApiserverUnreachable when it does not within the limit
 */
export async function untilApiserverAnswers(
  client: Pick<KubeClient, 'request'>,
  { monotonicMs, sleep, limitMs }: FirstAnswerPorts,
): Promise<void> {
  const startedMs = monotonicMs()
  for (;;) {
    try {
      await client.request('GET', '/version', undefined, { timeoutMs: ANSWER_LIMIT_MS })
      return
    } catch (error) {
      const canPass = isProgramError(error) && error.code === 'ApiserverUnreachable'
      if (!canPass || monotonicMs() - startedMs >= limitMs) throw error
    }
    await sleep(ASK_EVERY_MS)
  }
}
