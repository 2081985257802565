import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Gauge, Registry } from 'prom-client'
import { startHealthServer } from './healthServer.ts'

let server: Server
let reasons: string[]
let sockets: Socket[]

const portOf = (): number => (server.address() as AddressInfo).port

async function get(path: string, method = 'GET'): Promise<[status: number, body: string]> {
  const response = await fetch(`http://127.0.0.1:${portOf()}${path}`, { method })
  return [response.status, await response.text()]
}

/** A connection that has begun a request, and does not end it. */
async function hold(): Promise<Socket> {
  const socket = connect(portOf(), '127.0.0.1')
  socket.on('error', () => undefined)
  sockets.push(socket)
  await once(socket, 'connect')
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n')
  return socket
}

beforeEach(async () => {
  reasons = []
  sockets = []
  const metrics = new Registry()
  new Gauge({ name: 'one', help: 'One.', registers: [metrics] }).set(1)
  server = await startHealthServer({ host: '127.0.0.1', port: 0 }, { notReady: () => reasons, metrics })
})

afterEach(() => {
  for (const socket of sockets) socket.destroy()
  server.closeAllConnections()
  server.close()
})

describe('startHealthServer', () => {
  it('says that it lives, why it cannot do its work, and what it has counted', async () => {
    reasons = ['no kill is seen', 'the spool cannot be used']
    expect(await get('/healthz')).toEqual([200, 'ok\n'])
    expect(await get('/livez')).toEqual([200, 'ok\n'])
    expect(await get('/readyz?verbose')).toEqual([503, 'no kill is seen\nthe spool cannot be used\n'])
    reasons = []
    expect(await get('/readyz')).toEqual([200, 'ok\n'])
    expect(await get('/metrics')).toEqual([200, expect.stringMatching(/^one 1$/m)])
  })

  it('refuses what it does not serve', async () => {
    expect(await get('/')).toEqual([404, expect.stringContaining('expected /livez')])
    expect(await get('/healthz', 'POST')).toEqual([405, 'expected GET\n'])
    expect(await get('/healthz', 'HEAD')).toEqual([200, ''])
  })

  it('holds 128 connections at most, and answers a new one whoever holds the others', async () => {
    const first = await hold()
    const gone = once(first, 'close')
    for (let held = 1; held < 300; held++) await hold()
    await gone
    const open = await new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
    expect(open).toBeLessThanOrEqual(128)
    expect(await get('/healthz')).toEqual([200, 'ok\n'])
  })

  it('says so where the address is not free', async () => {
    const again = startHealthServer(
      { host: '127.0.0.1', port: portOf() },
      { notReady: () => [], metrics: new Registry() },
    )
    await expect(again).rejects.toThrow(/--listen: expected a free address, got 127\.0\.0\.1:\d+: /)
  })
})
