import { request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { Answer, ApiSource } from '../http/routes.ts'
import { startApiServer } from './apiServer.ts'

/** One answer to everything that may be asked; whoever follows waits until `end`. */
class OneAnswer implements ApiSource {
  readonly #give: () => Promise<Answer>

  constructor(give: () => Promise<Answer>) {
    this.#give = give
  }

  health() {
    return { version: 1 as const, ready: true, reasons: [] }
  }
  settings() {
    return { version: 1 as const, namespace: 'oomkeeper', protectedMemoryPercent: 50, rollbackWindowSeconds: 600 }
  }
  listReports = () => this.#give()
  getReport = () => this.#give()
  findKill = () => this.#give()
  followKills = () => this.#give()
  rankNode = () => this.#give()
  simulateNode = () => this.#give()
}

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(give: () => Promise<Answer> = () => Promise.resolve({ kind: 'json', body: { a: 1 } })) {
  const server = await startApiServer({ host: '127.0.0.1', port: 0 }, new OneAnswer(give))
  servers.push(server)
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port }
}

describe('startApiServer', () => {
  it('answers with JSON, and describes itself', async () => {
    const { url } = await serve()
    const response = await fetch(`${url}/api/v1/reports`)
    expect({
      status: response.status,
      type: response.headers.get('content-type'),
      body: await response.json(),
    }).toEqual({
      status: 200,
      type: 'application/json',
      body: { a: 1 },
    })
    expect(await (await fetch(`${url}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' })
  })

  it('refuses with problem details, in one printable line', async () => {
    const { url } = await serve(() => Promise.resolve({ kind: 'problem', status: 404, detail: 'no\u001b[2J\nsuch' }))
    const response = await fetch(`${url}/api/v1/reports`)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'no\\x1b[2J\\x0asuch',
    })
  })

  it('answers 502 with the words of a source that fails', async () => {
    const { url } = await serve(() => Promise.reject(new Error('nobody there')))
    const response = await fetch(`${url}/api/v1/reports`)
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 502,
      body: { detail: 'nobody there' },
    })
  })

  it('takes GET alone, and no name but loopback’s', async () => {
    const { url, port } = await serve()
    const posted = await fetch(`${url}/api/v1/reports`, { method: 'POST', body: 'x' })
    expect({ status: posted.status, allow: posted.headers.get('allow') }).toEqual({ status: 405, allow: 'GET' })
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    request({ port, host: '127.0.0.1', path: '/api/v1/health', headers: { host: 'evil.example' } }, (response) =>
      resolve(response.resume().statusCode),
    ).end()
    expect(await promise).toBe(403)
  })

  it('answers so many at a time, and the others when it has room', async () => {
    const waiting: (() => void)[] = []
    const { url } = await serve(
      () => new Promise((resolve) => waiting.push(() => resolve({ kind: 'json', body: { late: true } }))),
    )
    const asked = Array.from({ length: 20 }, () => fetch(`${url}/api/v1/reports`).then(({ status }) => status))
    const refused = await Promise.all(asked.slice(16))
    expect(refused).toEqual([503, 503, 503, 503])
    for (const answer of waiting) answer()
    expect(await Promise.all(asked)).toEqual([...Array.from({ length: 16 }, () => 200), 503, 503, 503, 503])
  })

  it('sends lines as they come, ends with their end, and breaks off where their source fails', async () => {
    async function* lines() {
      yield undefined
      yield { a: 1 }
    }
    const ended = await serve(() => Promise.resolve({ kind: 'lines', lines: lines() }))
    const response = await fetch(`${ended.url}/api/v1/kills`)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    expect(await response.text()).toBe('\n{"a":1}\n')
    async function* broken() {
      yield { a: 1 }
      throw new Error('gone')
    }
    const failing = await serve(() => Promise.resolve({ kind: 'lines', lines: broken() }))
    await expect(fetch(`${failing.url}/api/v1/kills`).then((said) => said.text())).rejects.toThrow()
  })

  it('has room for eight followers, and for another one when one has gone', async () => {
    async function* ticks() {
      for (;;) {
        yield undefined
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    const { url } = await serve(() => Promise.resolve({ kind: 'lines', lines: ticks() }))
    const follow = async (stop: AbortController) => (await fetch(`${url}/api/v1/kills`, { signal: stop.signal })).status
    const stops = Array.from({ length: 8 }, () => new AbortController())
    expect(await Promise.all(stops.map(follow))).toEqual(Array.from({ length: 8 }, () => 200))
    expect(await follow(new AbortController())).toBe(503)
    stops[0]?.abort()
    let status = 503
    for (let attempt = 0; attempt < 100 && status === 503; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      const stop = new AbortController()
      status = await follow(stop)
    }
    expect(status).toBe(200)
    for (const stop of stops) stop.abort()
  })

  it('says what is wrong with an address that is taken', async () => {
    const { port } = await serve()
    const again = startApiServer({ host: '127.0.0.1', port }, new OneAnswer(() => Promise.reject(new Error('x'))))
    await expect(again).rejects.toMatchObject({ code: 'ApiListenFailed' })
  })
})
