import { nodeRanking, type NodeRanking } from '../../operator/api/nodeRanking.ts'
import type { NodeQuestion } from '../ranking/nodeQuestion.ts'
import { EXIT, ProgramError, messageOf } from '#program/errors.ts'

const ANSWER_LIMIT_MS = 10_000
const EXIT_BY_STATUS: Readonly<Record<number, number>> = { 400: EXIT.usage, 404: EXIT.finding }

/** @throws ProgramError OperatorUnreachable, OperatorRefused */
export async function fetchNodeRanking(
  operatorUrl: string,
  question: NodeQuestion,
  signal?: AbortSignal,
): Promise<NodeRanking> {
  const url = new URL('/api/v1/rank', operatorUrl)
  const { node, top, cgroup, pod, container } = question
  for (const [name, value] of Object.entries({ node, top, cgroup, pod, container })) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  let response: Response
  let body: unknown
  try {
    const limit = AbortSignal.timeout(ANSWER_LIMIT_MS)
    response = await fetch(url, { signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) })
    body = await response.json()
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause ?? error
    throw new ProgramError(
      `expected the operator's API at ${operatorUrl}, got: ${messageOf(cause)}; is that its --api-listen address?`,
      { code: 'OperatorUnreachable', retry: true, cause: error },
    )
  }
  if (!response.ok) {
    const reason = (body as { error?: unknown } | null)?.error
    throw new ProgramError(typeof reason === 'string' ? reason : `the operator answered ${response.status}`, {
      code: 'OperatorRefused',
      retry: response.status > 500,
      exitCode: EXIT_BY_STATUS[response.status] ?? EXIT.environment,
    })
  }
  const parsed = nodeRanking.safeParse(body)
  if (parsed.success) return parsed.data
  throw new ProgramError(`expected a ranking from ${operatorUrl}, got something else; is it the operator's version?`, {
    code: 'OperatorRefused',
    retry: false,
    cause: parsed.error,
  })
}
