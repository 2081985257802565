import type * as z from 'zod'
import { nodeRanking, type NodeRanking } from '../../operator/api/nodeRanking.ts'
import { operatorSettings, type OperatorSettings } from '../../operator/api/operatorSettings.ts'
import { storedKill, type StoredKill } from '../../operator/http/answers.ts'
import type { NodeQuestion } from '../ranking/nodeQuestion.ts'
import { EXIT, ProgramError, messageOf } from '#program/errors.ts'

const ANSWER_LIMIT_MS = 20_000
const EXIT_BY_STATUS: Readonly<Record<number, number>> = { 400: EXIT.usage, 404: EXIT.finding }
const NOT_FOUND = 404

type Parameters = Readonly<Record<string, string | number | undefined>>

/** @throws ProgramError OperatorUnreachable, OperatorRefused */
export async function fetchNodeRanking(
  operatorUrl: string,
  question: NodeQuestion,
  signal?: AbortSignal,
): Promise<NodeRanking> {
  const { node, top, cgroup, pod, container } = question
  const parameters = { node, top, cgroup, pod, container }
  return askOperator(operatorUrl, { path: '/api/v1/rank', parameters, schema: nodeRanking, what: 'a ranking' }, signal)
}

/** @throws ProgramError OperatorUnreachable, OperatorRefused, NotThere of an older operator */
export function fetchOperatorSettings(operatorUrl: string): Promise<OperatorSettings> {
  return askOperator(operatorUrl, { path: '/api/v1/settings', schema: operatorSettings, what: 'its settings' })
}

/** One kill, found by what it is. @throws ProgramError OperatorUnreachable, OperatorRefused, NotThere */
export function fetchKill(operatorUrl: string, identity: readonly (string | number)[]): Promise<StoredKill> {
  const path = `/api/v1/kills/${identity.map((part) => encodeURIComponent(part)).join('/')}`
  return askOperator(operatorUrl, { path, schema: storedKill, what: 'a kill' })
}

/**
 * Asks the operator's API, and holds what it says to the schema.
 * @throws ProgramError OperatorUnreachable, OperatorRefused; NotThere, with exit code 1, where it has no such thing
 */
export async function askOperator<T>(
  operatorUrl: string,
  question: { path: string; parameters?: Parameters; schema: z.ZodType<T>; what: string },
  signal?: AbortSignal,
): Promise<T> {
  let response: Response
  let body: unknown
  try {
    const limit = AbortSignal.timeout(ANSWER_LIMIT_MS)
    const either = signal === undefined ? limit : AbortSignal.any([limit, signal])
    response = await fetch(addressOf(operatorUrl, question.path, question.parameters), { signal: either })
    body = await response.json()
  } catch (error) {
    throw unreachable(operatorUrl, error)
  }
  if (!response.ok) throw refused(response.status, body)
  const parsed = question.schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new ProgramError(
    `expected ${question.what} from ${operatorUrl}, got something else; is it the operator's version?`,
    { code: 'OperatorRefused', retry: false, cause: parsed.error },
  )
}

/**
 * Reads an answer that comes line by line, until it ends.
 * @throws ProgramError OperatorUnreachable, OperatorRefused
 */
export async function* readOperatorLines(
  operatorUrl: string,
  question: { path: string; parameters: Parameters },
  signal: AbortSignal,
): AsyncGenerator<string> {
  let response: Response
  try {
    response = await fetch(addressOf(operatorUrl, question.path, question.parameters), { signal })
    if (!response.ok) throw refused(response.status, await response.json())
  } catch (error) {
    throw error instanceof ProgramError ? error : unreachable(operatorUrl, error)
  }
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of response.body ?? []) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > MAX_LINE_CHARS) throw new Error(`a line of more than ${MAX_LINE_CHARS} characters`)
      yield* lines
    }
  } catch (error) {
    throw unreachable(operatorUrl, error)
  }
}

const MAX_LINE_CHARS = 1024 * 1024

function addressOf(operatorUrl: string, path: string, parameters: Parameters = {}): URL {
  const url = new URL(path, operatorUrl)
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

function unreachable(operatorUrl: string, error: unknown): ProgramError {
  const cause = (error as { cause?: unknown }).cause ?? error
  return new ProgramError(
    `expected the operator's API at ${operatorUrl}, got: ${messageOf(cause)}; is that its --api-listen address?`,
    { code: 'OperatorUnreachable', retry: true, cause: error },
  )
}

function refused(status: number, body: unknown): ProgramError {
  const { detail, error } = (body ?? {}) as { detail?: unknown; error?: unknown }
  // An operator of version 0.1 has it as `error`.
  const reason = typeof detail === 'string' ? detail : error
  return new ProgramError(typeof reason === 'string' ? reason : `the operator answered ${status}`, {
    code: status === NOT_FOUND && typeof detail === 'string' ? 'NotThere' : 'OperatorRefused',
    retry: status >= 500,
    exitCode: EXIT_BY_STATUS[status] ?? EXIT.environment,
  })
}
