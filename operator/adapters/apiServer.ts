import { createServer, type Server, type ServerResponse } from 'node:http'
import { ProgramError, messageOf, printable } from '#program/errors.ts'
import type { NodeRanking } from '../api/nodeRanking.ts'
import { parseRankQuery, type RankTarget } from '../rank/rankQuery.ts'

export interface ApiSource {
  /** Status 504 where the node does not answer, 503 where the operator cannot ask yet, 404 where there is no such target. */
  rankNode(
    node: string,
    top: number,
    target: RankTarget,
  ): Promise<{ ok: true; ranking: NodeRanking } | { ok: false; status: 404 | 503 | 504; reason: string }>
}

/** The names that reach a loopback listener; another is a web page that had its name point here (DNS rebinding). */
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/**
 * Serves the operator's API on loopback only: people reach it by `kubectl port-forward`, so the cluster's RBAC says who.
 * @throws ProgramError ApiListenFailed
 */
export async function startApiServer(address: { host: string; port: number }, source: ApiSource): Promise<Server> {
  const server = createServer((request, response) => {
    if (!LOOPBACK_HOST.test(request.headers.host ?? '')) {
      return answer(response, 403, { error: 'expected a request to a loopback address, got another Host' })
    }
    if (request.method !== 'GET') return answer(response, 405, { error: 'expected GET' })
    const url = URL.parse(request.url ?? '', 'http://localhost')
    if (url?.pathname !== '/api/v1/rank') return answer(response, 404, { error: 'expected /api/v1/rank' })
    const query = parseRankQuery(url.searchParams)
    if (!query.ok) return answer(response, 400, { error: printable(query.reason) })
    source.rankNode(query.node, query.top, query.target).then(
      (outcome) =>
        outcome.ok
          ? answer(response, 200, outcome.ranking)
          : answer(response, outcome.status, { error: printable(outcome.reason) }),
      (error: unknown) => answer(response, 500, { error: messageOf(error) }),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const got = `${address.host}:${address.port}: ${messageOf(error)}`
      const details = { code: 'ApiListenFailed', retry: false, cause: error }
      reject(new ProgramError(`--api-listen: expected a free address, got ${got}`, details))
    })
    server.listen(address.port, address.host, resolve)
  })
  return server
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}
