import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node'
import { KubeClient, loadKubeConfig, shareDispatcher } from './kubeClient.ts'

function configOf(server: string): KubeConfig {
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'c', server, skipTLSVerify: true }, { name: 'u', token: 'secret' })
  return config
}

describe('shareDispatcher', () => {
  it('gives every request the same connections, as long as client-node makes them where it does', async () => {
    const config = configOf('https://127.0.0.1:1')
    shareDispatcher(config)
    const contexts = [1, 2].map(() => new RequestContext('https://127.0.0.1:1/x', HttpMethod.GET))
    for (const context of contexts) await config.applySecurityAuthentication(context)
    expect(contexts[0]?.getDispatcher()).toBeDefined()
    expect(contexts[0]?.getDispatcher()).toBe(contexts[1]?.getDispatcher())
  })
})

describe('KubeClient', () => {
  let server: Server
  let client: KubeClient
  let seen: { method: string | undefined; type: string | undefined; authorization: string | undefined }[]
  let accepted: string | undefined
  let answer: { code: number; body: string; headers?: Record<string, string> }

  beforeEach(async () => {
    seen = []
    answer = { code: 200, body: '{"a":1}' }
    server = createServer((request, response) => {
      const { 'content-type': type, authorization } = request.headers
      seen.push({ method: request.method, type, authorization })
      accepted = request.headers.accept
      response.writeHead(answer.code, answer.headers).end(answer.body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    client = new KubeClient(configOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })

  afterEach(() => {
    server.close()
    server.closeAllConnections()
  })

  it('sends a patch as a merge patch, with the credentials', async () => {
    expect(await client.request('PATCH', '/x', { a: 1 })).toEqual({ code: 200, body: { a: 1 } })
    expect(seen).toEqual([{ method: 'PATCH', type: 'application/merge-patch+json', authorization: 'Bearer secret' }])
  })

  it('asks for no more than metadata where nobody reads the rest, and takes the whole from a server without such answers', async () => {
    await client.request('PATCH', '/x', { a: 1 }, { metadataOnly: true })
    expect(accepted).toBe('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json')
    await client.request('GET', '/x')
    expect(accepted).toBe('application/json')
  })

  it('gives an answer of any code, JSON or not', async () => {
    answer = { code: 503, body: 'proxy is down' }
    expect(await client.request('GET', '/x')).toEqual({ code: 503, body: { message: 'proxy is down' } })
  })

  it.each([
    ['its seconds', '7', { retryAfterMs: 7_000 }],
    ['no date', 'Thu, 26 Nov 2026 10:00:00 GMT', {}],
    ['nothing that is no number', '1e9', {}],
  ])('gives of Retry-After %s', async (_what, header, expected) => {
    answer = { code: 429, body: '{}', headers: { 'retry-after': header } }
    expect(await client.request('PATCH', '/x', {})).toEqual({ code: 429, body: {}, ...expected })
  })

  const watchOf = async (answerWith: RequestListener, signal = new AbortController().signal) => {
    server.removeAllListeners('request').on('request', answerWith)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const seen: string[] = []
    const handler = {
      opened: () => void seen.push('opened'),
      event: (type: string, object: unknown) => void seen.push(`${type} ${JSON.stringify(object)}`),
    }
    const error = await new KubeClient(configOf(url), { watchSilenceMs: 200 })
      .watch('/w', {}, handler, signal)
      .catch((thrown) => thrown)
    return { seen, error }
  }

  it('gives up a watch on which nothing comes any more, as on a connection whose other end is gone', async () => {
    const { seen, error } = await watchOf((_request, response) => {
      response.writeHead(200)
      response.write('{"type":"BOOKMARK","object":{}}\n')
    })
    expect(seen).toEqual(['opened', 'BOOKMARK {}'])
    expect(error).toMatchObject({ message: expect.stringContaining('timeout') })
  })

  it('gives up a watch that is not even answered', async () => {
    const { seen, error } = await watchOf(() => undefined)
    expect(seen).toEqual([])
    expect(error).toMatchObject({ message: expect.stringContaining('timeout') })
  })

  it('says that a watch was refused, and with what', async () => {
    const { seen, error } = await watchOf((_request, response) => response.writeHead(410).end())
    expect(seen).toEqual([])
    expect(error).toMatchObject({ statusCode: 410 })
  })

  it('ends a watch as the apiserver ends it, and leaves out a line that was cut', async () => {
    const { seen, error } = await watchOf((_request, response) => {
      response.writeHead(200)
      response.end('{"type":"ADDED","object":{"a":1}}\n{"type":"ADD')
    })
    expect(seen).toEqual(['opened', 'ADDED {"a":1}'])
    expect(error).toBeUndefined()
  })

  it('says in one line that nobody answers, to be retried', async () => {
    await new Promise((resolve) => server.close(resolve))
    const error = await client.request('GET', '/x').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ApiserverUnreachable', retry: true })
    expect((error as Error).message).toMatch(/^expected an answer of the apiserver at http:.*ECONNREFUSED/)
  })
})

describe('loadKubeConfig', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'oomkeeper-kubeconfig-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const problemOf = (text: string | undefined, context?: string): unknown => {
    const kubeconfig = join(folder, 'config')
    if (text !== undefined) writeFileSync(kubeconfig, text)
    try {
      return loadKubeConfig({ kubeconfig, context })
    } catch (error) {
      return error
    }
  }

  it.each([
    ['is not there', undefined, 'ENOENT'],
    ['is not YAML', 'a: [', 'got: '],
    [
      'has no context',
      '{apiVersion: v1, kind: Config, clusters: [], users: [], contexts: []}',
      'no cluster for the context',
    ],
  ])('says what is wrong with a file that %s', (_what, text, words) => {
    expect(problemOf(text)).toMatchObject({
      code: 'KubeconfigUnusable',
      exitCode: 2,
      message: expect.stringContaining(words),
    })
  })

  it('says so when it runs in no pod', () => {
    expect(() => loadKubeConfig({ kubeconfig: undefined, context: undefined })).toThrow(/give --kubeconfig FILE/)
  })
})
