import { nodeRanking, type NodeRanking } from '../../operator/api/nodeRanking.ts'
import { EXIT, ProgramError, messageOf } from '#program/errors.ts'

const ANSWER_LIMIT_MS = 10_000

/** @throws ProgramError OperatorUnreachable, OperatorRefused */
export async function fetchNodeRanking(operatorUrl: string, node: string, top: number): Promise<NodeRanking> {
  const url = new URL('/api/v1/rank', operatorUrl)
  url.search = new URLSearchParams({ node, top: String(top) }).toString()
  let response: Response
  let body: unknown
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
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
      exitCode: response.status === 400 ? EXIT.usage : EXIT.environment,
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
