import { readFileSync } from 'node:fs'
import { createServer, request as httpsRequest, Agent } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ApiAccess } from '../cluster/parts/kubeconfig.ts'
import { makeCredentials } from '../cluster/pki/credentials.ts'

export interface BusyApiserver {
  access: ApiAccess
  /** Requests that were refused, and those that went through. */
  counts: { refused: number; passed: number }
  close: () => Promise<void>
}

/**
 * In front of a real apiserver: refuses so many of a hundred requests as one does that has too much to do, with 429 and Retry-After
 * (API Priority and Fairness), and hands the others on.
 */
export async function startBusyApiserver(
  behind: ApiAccess,
  folder: string,
  refusedOfHundred: number,
  /** Before each request is handed on, milliseconds. */
  delayMs = 0,
): Promise<BusyApiserver> {
  const { files, caPem } = await makeCredentials(join(folder, 'busy-pki'), ['127.0.0.1', 'localhost'], [])
  const agent = new Agent({ keepAlive: true, ca: behind.caPem })
  const counts = { refused: 0, passed: 0 }
  let requests = 0
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    // Evenly spread, and the same in each run.
    const isRefused = (requests++ * 61) % 100 < refusedOfHundred
    counts[isRefused ? 'refused' : 'passed']++
    if (isRefused) {
      request.resume()
      response.writeHead(429, { 'retry-after': '1', 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          kind: 'Status',
          status: 'Failure',
          reason: 'TooManyRequests',
          message: 'too many',
          code: 429,
        }),
      )
      return
    }
    setTimeout(() => handOn(request, response), delayMs)
  }
  const handOn = (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url = '/', headers } = request
    const forwarded = httpsRequest(new URL(url, behind.server), { method, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    forwarded.on('error', () => response.destroy())
    response.on('close', () => forwarded.destroy())
    request.pipe(forwarded)
  }
  const server = createServer(
    { key: readFileSync(files.apiserverKey), cert: readFileSync(files.apiserverCertificate) },
    handle,
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
    agent.destroy()
  }
  return { access: { ...behind, server: `https://127.0.0.1:${port}`, caPem }, counts, close }
}
