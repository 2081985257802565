import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Registry } from 'prom-client'
import { ProgramError, messageOf } from '#program/errors.ts'

export interface HealthSource {
  /** Why the program cannot do its work now; empty when it can. */
  notReady(): readonly string[]
  metrics: Registry
}

export interface ListenAddress {
  host: string
  port: number
}

/** Anybody in the cluster can connect: with so many of 8 KiB headers each, a flood takes 2 MiB. */
const MAX_CONNECTIONS = 128

/** Serves /healthz and /livez (the process answers, whatever it waits for), /readyz (it can do its work, else why not) and /metrics. */
export async function startHealthServer(address: ListenAddress, source: HealthSource): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(status, { 'content-type': type })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'expected GET\n')
    if (path === '/healthz' || path === '/livez') return answer(200, 'ok\n')
    if (path === '/readyz') {
      const reasons = source.notReady()
      return reasons.length === 0 ? answer(200, 'ok\n') : answer(503, `${reasons.join('\n')}\n`)
    }
    if (path === '/metrics') {
      source.metrics.metrics().then(
        (text) => answer(200, text, source.metrics.contentType),
        (error: unknown) => answer(500, `${messageOf(error)}\n`),
      )
      return
    }
    answer(404, 'expected /livez, /readyz or /metrics\n')
  })
  keepFew(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new ProgramError(
          `--listen: expected a free address, got ${address.host}:${address.port}: ${messageOf(error)}`,
          {
            code: 'ListenFailed',
            retry: false,
            cause: error,
          },
        ),
      )
    })
    server.listen(address.port, address.host, resolve)
  })
  return server
}

/** The oldest gives way, not the newest: a probe's connection lives for milliseconds, that of somebody who holds many long. */
function keepFew(server: Server): void {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    const [oldest] = open
    if (open.size > MAX_CONNECTIONS) oldest?.destroy()
  })
}
