import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

/**
 * Below the kernel's range for outgoing connections (ip_local_port_range begins at 32768), so that no connection takes
 * a port between this look at it and the server that is meant to have it.
 */
const FIRST = 15_000
const LAST = 30_000
const MAX_ATTEMPTS = 200

/** Ports of 127.0.0.1 that nobody listens on. Held together before they are let go, so that no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; server: Server }[] = []
  try {
    for (let attempt = 0; held.length < count; attempt++) {
      if (attempt === MAX_ATTEMPTS)
        throw new Error(`expected ${count} free ports from ${FIRST} to ${LAST}, got ${held.length}`)
      const port = randomInt(FIRST, LAST)
      const server = await listen(port)
      if (server !== undefined) held.push({ port, server })
    }
    return held.map(({ port }) => port)
  } finally {
    await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))))
  }
}

/** undefined when somebody else has the port. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
