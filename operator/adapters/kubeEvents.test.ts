import { beforeEach, describe, expect, it } from '@jest/globals'
import type { EventDraft } from '../events/eventDraft.ts'
import type { EventSeries } from '../events/eventSeries.ts'
import type { KubeAnswer, KubeClient } from './kubeClient.ts'
import { KubeEvents } from './kubeEvents.ts'

interface SentEvent {
  metadata: { name: string; namespace: string }
  eventTime: string
  note: string
  reportingInstance: string
  series?: object
}

let answer: KubeAnswer
let requests: { method: string; path: string; body: SentEvent }[]
let events: KubeEvents

beforeEach(() => {
  answer = { code: 201, body: {} }
  requests = []
  const request = async (method: string, path: string, body: SentEvent): Promise<KubeAnswer> => {
    requests.push({ method, path, body })
    return answer
  }
  events = new KubeEvents({ request } as unknown as KubeClient, 'oomkeeper-operator-5d8f7-abcde')
})

function seriesOf(changes: Partial<EventDraft> = {}, kills = 1): EventSeries {
  const regarding = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'eater-abc-1', uid: 'u1' }
  const at = new Date('2026-03-01T10:00:00.123Z')
  const draft = {
    regarding,
    reason: 'OOMVictim' as const,
    note: 'took worker',
    subject: 'worker',
    kill: 'k1',
    ...changes,
  }
  return { draft, kills, lastMs: 0, lastAt: at, firstAt: at, writtenKills: 0, writtenMs: 0, attempts: 0, retryMs: 0 }
}

describe('KubeEvents', () => {
  it('names an Event by its object and its kill, so that one told twice is one', async () => {
    await events.create(seriesOf())
    answer = { code: 409, body: { reason: 'AlreadyExists' } }
    expect(await events.create(seriesOf({}, 2))).toBe('written')
    await events.create(seriesOf({ kill: 'k2' }))
    const names = requests.map(({ body }) => body.metadata.name)
    expect(names[0]).toMatch(/^eater-abc-1\.[0-9a-f]{16}$/)
    expect(names[1]).toBe(names[0])
    expect(names[2]).not.toBe(names[0])
  })

  it('gives times six digits, and a series only to more than one kill', async () => {
    await events.create(seriesOf())
    await events.create(seriesOf({}, 3))
    const time = '2026-03-01T10:00:00.123000Z'
    expect(requests[0]?.body).toMatchObject({ eventTime: time, reportingInstance: 'oomkeeper-operator-5d8f7-abcde' })
    expect(requests.map(({ body }) => body.series)).toEqual([undefined, { count: 3, lastObservedTime: time }])
  })

  it('puts what is about a node into the namespace default', async () => {
    const regarding = { apiVersion: 'v1', kind: 'Node', name: 'node-a', uid: 'node-a' }
    await events.create(seriesOf({ regarding }))
    expect(requests).toMatchObject([
      { path: '/apis/events.k8s.io/v1/namespaces/default/events', body: { metadata: { namespace: 'default' } } },
    ])
  })

  it('keeps a name and a note within what the apiserver takes, with no character cut in two', async () => {
    const { regarding } = seriesOf().draft
    await events.create(
      seriesOf({ regarding: { ...regarding, name: `${'a'.repeat(236)}.${'b'.repeat(16)}` }, note: 'é€'.repeat(400) }),
    )
    const { metadata, note } = requests[0]?.body ?? { metadata: { name: '' }, note: '' }
    expect(metadata.name).toMatch(/^a{236}\.[0-9a-f]{16}$/)
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1_024)
    expect(note).toMatch(/^(?:é€)+é?…$/)
  })

  it.each(['system:eater', 'Eater_1', 'a..b', '-'])('names an Event about an owner of any name: %s', async (name) => {
    const regarding = { apiVersion: 'x.io/v1', kind: 'Set', namespace: 'shop', name, uid: 'u1' }
    await events.create(seriesOf({ regarding }))
    expect(requests[0]?.body.metadata.name).toMatch(/^kill\.[0-9a-f]{16}$/)
    expect(requests[0]?.body).toMatchObject({ regarding })
  })

  it('updates the count alone, and says when the Event is gone', async () => {
    answer = { code: 200, body: {} }
    expect(await events.update(seriesOf({}, 2))).toBe('written')
    expect(requests[0]).toMatchObject({ method: 'PATCH', body: { series: { count: 2 } } })
    expect(Object.keys(requests[0]?.body ?? {})).toEqual(['series'])
    answer = { code: 404, body: { reason: 'NotFound', details: { name: 'eater', kind: 'events' } } }
    expect(await events.update(seriesOf({}, 3))).toBe('gone')
  })

  it.each([
    [
      'a namespace that ends',
      403,
      { message: 'terminating', details: { causes: [{ reason: 'NamespaceTerminating' }] } },
    ],
    ['a namespace that is gone', 404, { message: 'not found', details: { name: 'shop', kind: 'namespaces' } }],
    ['a quota', 403, { message: 'exceeded quota: events' }],
    ['the schema', 422, { message: 'note: Invalid value' }],
  ])('gives a refusal by %s as a value: waiting does not help', async (_what, code, body) => {
    answer = { code, body }
    expect(await events.create(seriesOf())).toBe('refused')
  })

  it.each([
    ['a missing right', 403, 'events.events.k8s.io is forbidden: User "x" cannot create resource "events"'],
    ['an overloaded apiserver', 429, 'too many requests'],
    ['a broken apiserver', 500, 'etcdserver: request timed out'],
    ['a conflict', 409, 'the object has been modified'],
  ])('throws %s, to be retried', async (_what, code, message) => {
    answer = { code, body: { message } }
    await expect(events.create(seriesOf())).rejects.toMatchObject({ code: 'ApiserverRefused', retry: true })
  })
})
