import { connect, type ClientHttp2Session } from 'node:http2'
import type { ApiAccess } from '../cluster/parts/kubeconfig.ts'

/** The apiserver takes a hundred requests at once on each. */
const CONNECTIONS = 4
/** Node.js ends a connection on which more waits to be read, and 10 MB is a page of reports. */
const MAX_SESSION_MB = 256
const WINDOW_BYTES = 1024 * 1024
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

export interface DirectAnswer {
  status: number
  body: string
}

/** Requests to the apiserver over HTTP/2 with nothing in between: what this machine's apiserver can do, not a client library. */
export class DirectApi {
  readonly #access: ApiAccess
  readonly #sessions: ClientHttp2Session[] = []
  #next = 0

  constructor(access: ApiAccess) {
    this.#access = access
  }

  /** @throws Error when there is no answer, or one with another status than 2xx. */
  async request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object | string,
    { metadataOnly = false } = {},
  ): Promise<string> {
    const { status, body: text } = await this.#send(
      method,
      path,
      body,
      metadataOnly ? METADATA_ONLY : 'application/json',
    )
    if (status < 200 || status > 299)
      throw new Error(`${method} ${path}: expected 2xx, got ${status}: ${text.slice(0, 300)}`)
    return text
  }

  async get<T>(path: string): Promise<T> {
    return JSON.parse(await this.request('GET', path)) as T
  }

  /** Metadata of each object of a collection as it is written, until the signal is aborted. */
  async watchMetadata(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    const stream = this.#open('GET', path, METADATA_ONLY)
    signal.addEventListener('abort', () => stream.close(), { once: true })
    let rest = ''
    for await (const text of stream.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      lines.forEach(onLine)
    }
  }

  close(): void {
    for (const session of this.#sessions) session.destroy()
  }

  #open(method: string, path: string, accept: string) {
    return this.#session(this.#next++ % CONNECTIONS).request({
      ':method': method,
      ':path': path,
      accept,
      authorization: `Bearer ${this.#access.token}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    })
  }

  /** One that was ended is made again. */
  #session(index: number): ClientHttp2Session {
    const open = this.#sessions[index]
    if (open !== undefined && !open.closed && !open.destroyed) return open
    const { server, caPem } = this.#access
    const settings = { initialWindowSize: WINDOW_BYTES, enablePush: false }
    const session = connect(server, { ca: caPem, maxSessionMemory: MAX_SESSION_MB, settings })
    // An error of a session is one of each of its requests too, and is told there.
    session.on('error', () => undefined)
    this.#sessions[index] = session
    return session
  }

  async #send(method: string, path: string, body: object | string | undefined, accept: string): Promise<DirectAnswer> {
    const stream = this.#open(method, path, accept)
    stream.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body))
    let status = 0
    stream.on('response', (headers) => (status = headers[':status'] ?? 0))
    const parts: string[] = []
    for await (const part of stream.setEncoding('utf8') as AsyncIterable<string>) parts.push(part)
    return { status, body: parts.join('') }
  }
}

/** Works on all items, so many at a time. @throws the first error. */
export async function inParallel<T>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
