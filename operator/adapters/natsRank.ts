import { NatsError, type NatsConnection } from 'nats'
import { decodeRank, encodeRank, rankAnswer, rankSubject, type RankAnswer, type RankRequest } from '#contract/rank.ts'
import { messageOf } from '#program/errors.ts'

const ANSWER_LIMIT_MS = 3_000

export type RankOutcome =
  | { ok: true; answer: RankAnswer & { kind: 'ranking' } }
  /** `isMissing`: the node answers, and has nothing of what it was asked about. */
  | { ok: false; isMissing?: true; reason: string }

/** Asks a node's agent who is in line. Every failure is an answer for a person: what came, and what to look at. */
export async function requestRank(
  connection: NatsConnection,
  node: string,
  question: Pick<RankRequest, 'top' | 'scope'>,
): Promise<RankOutcome> {
  let data: Uint8Array
  try {
    const request = encodeRank({ version: 1, ...question })
    ;({ data } = await connection.request(rankSubject(node), request, { timeout: ANSWER_LIMIT_MS }))
  } catch (error) {
    return { ok: false, reason: `expected node ${node} to answer, got: ${whyNoAnswer(error)}` }
  }
  const answer = decodeRank(rankAnswer, data)
  if (answer === undefined) {
    return { ok: false, reason: `expected node ${node} to send a ranking, got ${data.length} bytes that are none` }
  }
  if (answer.kind === 'refused') {
    const reason = `node ${node} refused: ${answer.reason}`
    return answer.code === 'ScopeEmpty' ? { ok: false, isMissing: true, reason } : { ok: false, reason }
  }
  // Its subject says who it is; what it claims must agree.
  if (answer.node !== node) return { ok: false, reason: `expected node ${node} to answer, got node ${answer.node}` }
  if (question.scope !== undefined && answer.scope === undefined) {
    return {
      ok: false,
      reason: `expected node ${node} to rank a part of it, got all of it: its agent is older than that`,
    }
  }
  return { ok: true, answer }
}

function whyNoAnswer(error: unknown): string {
  const code = error instanceof NatsError ? error.code : undefined
  if (code === '503') {
    return 'nobody listens there; is this the name of a node, and does its agent run and have a connection to NATS?'
  }
  if (code === 'TIMEOUT') return `no answer in ${ANSWER_LIMIT_MS / 1000} s; look at the log of its agent`
  return messageOf(error)
}
