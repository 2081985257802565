import { STATUS_CODES, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { ProgramError, messageOf, printable } from '#program/errors.ts'
import { VERSION } from '#program/version.ts'
import type { Problem } from '../http/answers.ts'
import { describeApi } from '../http/openApi.ts'
import { answerRequest, ROUTES, type Answer, type ApiSource } from '../http/routes.ts'

/** The names that reach a loopback listener; another is a web page that had its name point here (DNS rebinding). */
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/** Whoever may forward a port may ask; the operator has other work than to answer. */
const MAX_CONNECTIONS = 64
const MAX_ANSWERING = 16
const MAX_FOLLOWERS = 8
const MAX_HEADER_BYTES = 16 * 1024
const REQUEST_LIMIT_MS = 10_000
/** A follower that takes nothing for so long is gone, or is no use to itself. */
const STALLED_LIMIT_MS = 30_000

/**
 * Serves the operator's API on loopback only: people reach it by `kubectl port-forward`, so the cluster's RBAC says who.
 * @throws ProgramError ApiListenFailed
 */
export async function startApiServer(address: { host: string; port: number }, source: ApiSource): Promise<Server> {
  let description: object | undefined
  const describe = (): object => (description ??= describeApi(ROUTES, VERSION))
  const load = { answering: 0, followers: 0 }
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_LIMIT_MS,
    requestTimeout: REQUEST_LIMIT_MS,
    keepAliveTimeout: REQUEST_LIMIT_MS,
  }
  const server = createServer(limits, (request, response) => {
    void handle(request, response, source, describe, load)
  })
  server.maxConnections = MAX_CONNECTIONS
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

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  source: ApiSource,
  describe: () => object,
  load: { answering: number; followers: number },
): Promise<void> {
  if (!LOOPBACK_HOST.test(request.headers.host ?? '')) {
    return refuse(response, 403, 'expected a request to a loopback address, got another Host')
  }
  if (request.method !== 'GET') {
    response.setHeader('allow', 'GET')
    return refuse(response, 405, 'expected GET: nothing can be changed here')
  }
  const url = URL.parse(request.url ?? '', 'http://localhost')
  if (url === null) return refuse(response, 400, 'expected a path, got none')
  if (url.pathname === '/openapi.json') return send(response, 200, 'application/json', describe())
  if (load.answering >= MAX_ANSWERING) return refuse(response, 503, tooMany(MAX_ANSWERING, 'requests'))
  let answer: Answer
  load.answering++
  try {
    answer = await answerRequest(source, url)
  } catch (error) {
    return refuse(response, 502, messageOf(error))
  } finally {
    load.answering--
  }
  if (answer.kind === 'json') return send(response, 200, 'application/json', answer.body)
  if (answer.kind === 'problem') return refuse(response, answer.status, answer.detail)
  if (load.followers >= MAX_FOLLOWERS) return refuse(response, 503, tooMany(MAX_FOLLOWERS, 'followers'))
  load.followers++
  try {
    await sendLines(response, answer.lines)
  } finally {
    load.followers--
  }
}

/** Until whoever reads closes the connection, or takes nothing; a source that fails ends it, and the reader asks again. */
async function sendLines(response: ServerResponse, lines: AsyncIterable<object | undefined>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  response.flushHeaders()
  try {
    for await (const line of lines) {
      if (response.destroyed) break
      if (response.write(line === undefined ? '\n' : `${JSON.stringify(line)}\n`)) continue
      await once(response, 'drain', { signal: AbortSignal.timeout(STALLED_LIMIT_MS) })
    }
    response.end()
  } catch {
    response.destroy()
  }
}

function tooMany(most: number, what: string): string {
  return `expected at most ${most} ${what} at a time, got one more; try again in a moment`
}

function refuse(response: ServerResponse, status: number, detail: string): void {
  const title = STATUS_CODES[status] ?? 'Error'
  if (status === 503) response.setHeader('retry-after', '2')
  send(response, status, 'application/problem+json', {
    type: 'about:blank',
    title,
    status,
    detail: printable(detail),
  } satisfies Problem)
}

function send(response: ServerResponse, status: number, type: string, body: object): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
