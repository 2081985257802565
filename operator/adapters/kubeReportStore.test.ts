import { beforeEach, describe, expect, it } from '@jest/globals'
import type { KubeAnswer, KubeClient } from './kubeClient.ts'
import { KubeReportStore } from './kubeReportStore.ts'

const KEY = { kind: 'OOMReport' as const, namespace: 'shop', name: 'pod.a.app' }
const NODE_KEY = { kind: 'NodeOOMReport' as const, name: 'node-a' }

function storeThatGets(code: number, body: object): KubeReportStore {
  const answer: KubeAnswer = { code, body }
  return new KubeReportStore({ request: async () => answer } as unknown as KubeClient)
}

/** What an unnamed 404 of the apiserver looks like when it does not know the kind. */
const KIND_MISSING = { message: '404 page not found' }
const NO_RIGHT =
  'oomreports.oomkeeper.io is forbidden: User "x" cannot create resource "oomreports" in API group "oomkeeper.io"'

describe('KubeReportStore', () => {
  it('tells a report that is missing from a kind that is missing', async () => {
    const missing = { reason: 'NotFound', details: { name: 'pod.a.app', kind: 'oomreports' } }
    expect(await storeThatGets(404, missing).get(KEY)).toBeUndefined()
    await expect(storeThatGets(404, KIND_MISSING).get(KEY)).rejects.toMatchObject({ code: 'CrdsMissing', retry: true })
  })

  it.each([
    ['is gone', 404, { message: 'namespaces "shop" not found', details: { name: 'shop', kind: 'namespaces' } }],
    ['is ending', 403, { message: 'being terminated', details: { causes: [{ reason: 'NamespaceTerminating' }] } }],
  ])('says that a namespace %s', async (_what, code, body) => {
    expect(await storeThatGets(code, body).create(KEY, {})).toMatchObject({
      outcome: 'refused',
      reason: 'NamespaceGone',
    })
  })

  it.each([
    ['a quota', 403, 'exceeded quota: objects'],
    ['a webhook', 400, 'admission webhook denied the request'],
    ['the schema', 422, 'spec.container: Invalid value'],
  ])('gives a refusal of %s as a value: waiting does not help', async (_what, code, message) => {
    const refused = { outcome: 'refused', reason: 'WriteRefused', message }
    expect(await storeThatGets(code, { message }).create(KEY, {})).toEqual(refused)
    expect(await storeThatGets(code, { message }).writeStatus(NODE_KEY, {}, '1')).toEqual(refused)
  })

  it.each([
    ['a missing right', 403, NO_RIGHT],
    ['bad credentials', 401, 'Unauthorized'],
    ['an overloaded apiserver', 429, 'too many requests'],
    ['a broken apiserver', 500, 'etcdserver: request timed out'],
  ])('throws %s, to be retried', async (_what, code, message) => {
    const error = await storeThatGets(code, { message })
      .create(KEY, {})
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ApiserverRefused', retry: true, message: expect.stringContaining(message) })
  })

  it.each([
    ['another type', 'FieldValueTypeInvalid', 'status.trend.kills'],
    ['more fields', 'FieldValueRequired', 'status.undecided'],
  ])(
    'throws that the kinds are of another version, where they want %s, to be retried',
    async (_what, reason, field) => {
      const causes = [{ reason: 'FieldValueInvalid' }, { reason, field, message: 'Invalid value: "string"' }]
      const written = storeThatGets(422, { message: 'is invalid', details: { causes } }).writeStatus(KEY, {}, '1')
      await expect(written).rejects.toMatchObject({
        code: 'CrdsOfOtherVersion',
        retry: true,
        message: expect.stringContaining(field),
      })
    },
  )

  it('gives a refusal of what stands in a report as a value, though a field is missing there', async () => {
    const causes = [
      { reason: 'FieldValueRequired', field: 'spec.node' },
      { reason: 'FieldValueTooLong', field: 'status.last.node' },
    ]
    const written = await storeThatGets(422, { message: 'is invalid', details: { causes } }).writeStatus(KEY, {}, '1')
    expect(written).toMatchObject({ outcome: 'refused', reason: 'WriteRefused' })
  })

  it('hands on how long an overloaded apiserver asks to be left alone', async () => {
    const answer: KubeAnswer = { code: 429, body: { reason: 'TooManyRequests' }, retryAfterMs: 3_000 }
    const store = new KubeReportStore({ request: async () => answer } as unknown as KubeClient)
    await expect(store.writeStatus(KEY, {}, '1')).rejects.toMatchObject({ facts: { code: 429, retryAfterMs: 3_000 } })
  })

  it('waits longer for a write than any admission webhook may take, so that the apiserver says that it was one', async () => {
    const waitedMs: (number | undefined)[] = []
    const request: KubeClient['request'] = async (_method, _path, _body, options) => {
      waitedMs.push(options?.timeoutMs)
      return { code: 201, body: { metadata: { name: KEY.name, resourceVersion: '1' } } }
    }
    const store = new KubeReportStore({ request } as unknown as KubeClient)
    await store.create(KEY, {})
    await store.writeStatus(KEY, {}, '1').catch(() => {})
    expect(waitedMs).toEqual([35_000, 35_000])
  })

  it('tells an admission webhook that fails from an apiserver that does', async () => {
    const message = 'Internal error occurred: failed calling webhook "a.example.org": connect: connection refused'
    await expect(storeThatGets(500, { message }).create(KEY, {})).rejects.toMatchObject({
      code: 'WebhookFailed',
      retry: true,
      message: expect.stringContaining('connection refused'),
    })
  })

  it('deletes a report, and tells one that was written meanwhile, or is gone, from it', async () => {
    expect(await storeThatGets(200, {}).remove(KEY, '1')).toBe(true)
    expect(await storeThatGets(409, { reason: 'Conflict' }).remove(KEY, '1')).toBe(false)
    const gone = { details: { name: 'pod.a.app', kind: 'oomreports' } }
    expect(await storeThatGets(404, gone).remove(KEY, '1')).toBe(false)
    await expect(storeThatGets(403, { message: NO_RIGHT }).remove(KEY, '1')).rejects.toMatchObject({ retry: true })
  })

  it('writes the status whole, at the version that was read, and has no more than metadata told', async () => {
    const requests: unknown[][] = []
    const request = async (...parameters: unknown[]): Promise<KubeAnswer> => {
      requests.push(parameters)
      return { code: 200, body: null }
    }
    const store = new KubeReportStore({ request } as unknown as KubeClient)
    expect(await store.writeStatus(KEY, { kills: 3 }, '7')).toEqual({ outcome: 'written' })
    const body = {
      apiVersion: 'oomkeeper.io/v1alpha1',
      kind: 'OOMReport',
      metadata: { name: 'pod.a.app', namespace: 'shop', resourceVersion: '7' },
      status: { kills: 3 },
    }
    const path =
      '/apis/oomkeeper.io/v1alpha1/namespaces/shop/oomreports/pod.a.app/status?fieldManager=oomkeeper-operator'
    expect(requests).toEqual([['PUT', path, body, { metadataOnly: true, timeoutMs: 35_000 }]])
  })

  describe('reading a report', () => {
    const REPORT = '/apis/oomkeeper.io/v1alpha1/namespaces/shop/oomreports/pod.a.app'
    let gets: string[]
    let answers: { get: number; cached: number; write: number | undefined }
    let store: KubeReportStore

    beforeEach(() => {
      gets = []
      answers = { get: 200, cached: 200, write: 200 }
      const body = { metadata: { name: 'pod.a.app', namespace: 'shop', resourceVersion: '8' } }
      store = new KubeReportStore({
        request: async (method: string, path: string) => {
          if (method === 'GET') gets.push(path)
          const code = method === 'PUT' ? answers.write : path.includes('?') ? answers.cached : answers.get
          if (code === undefined) throw new Error('no answer')
          return { code, body }
        },
      } as unknown as KubeClient)
    })

    it('asks for one at least as new as the last write, which the apiserver has in memory', async () => {
      await store.get(KEY)
      await store.writeStatus(KEY, {}, '7')
      await store.get(KEY)
      await store.get(NODE_KEY)
      expect(gets).toEqual([REPORT, `${REPORT}?resourceVersion=8`, '/apis/oomkeeper.io/v1alpha1/nodeoomreports/node-a'])
    })

    it.each([
      ['that met a conflict', 409],
      ['whose answer was lost', undefined],
    ])('asks for the newest after a write %s', async (_what, code) => {
      await store.writeStatus(KEY, {}, '7')
      answers.write = code
      await store.writeStatus(KEY, {}, '8').catch(() => undefined)
      await store.get(KEY)
      expect(gets).toEqual([REPORT])
    })

    it('asks for the newest where the apiserver’s memory is behind, and does not wait for it again', async () => {
      await store.writeStatus(KEY, {}, '7')
      answers.cached = 504
      expect(await store.get(KEY)).toMatchObject({ resourceVersion: '8' })
      await store.get(KEY)
      expect(gets).toEqual([`${REPORT}?resourceVersion=8`, REPORT, REPORT])
    })

    it('asks an overloaded apiserver once', async () => {
      await store.writeStatus(KEY, {}, '7')
      answers.cached = 429
      await expect(store.get(KEY)).rejects.toMatchObject({ code: 'ApiserverRefused', retry: true })
      expect(gets).toEqual([`${REPORT}?resourceVersion=8`])
    })
  })

  it('tells a conflict from a report that is gone', async () => {
    expect(await storeThatGets(409, { reason: 'Conflict' }).writeStatus(KEY, {}, '1')).toEqual({ outcome: 'conflict' })
    const gone = { details: { name: 'pod.a.app', kind: 'oomreports' } }
    expect(await storeThatGets(404, gone).writeStatus(KEY, {}, '1')).toEqual({ outcome: 'gone' })
  })
})
