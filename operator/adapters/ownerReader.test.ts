import { beforeEach, describe, expect, it } from '@jest/globals'
import type { KubeAnswer, KubeClient } from './kubeClient.ts'
import { OwnerReader } from './ownerReader.ts'

const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'eater-abc', uid: 'r' }
const OBJECT = '/apis/apps/v1/namespaces/shop/replicasets/eater-abc'

let answers: Record<string, KubeAnswer>
let asked: string[]
let refused: string[]
let nowMs: number
let reader: OwnerReader

beforeEach(() => {
  asked = []
  const resources = [
    { name: 'replicasets', kind: 'ReplicaSet', namespaced: true },
    { name: 'replicasets/status', kind: 'ReplicaSet', namespaced: true },
  ]
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater', uid: 'd', controller: true }]
  answers = {
    '/apis/apps/v1': { code: 200, body: { resources } },
    [OBJECT]: { code: 200, body: { metadata: { uid: 'r', ownerReferences } } },
  }
  const request = async (_method: string, path: string): Promise<KubeAnswer> => {
    asked.push(path)
    return answers[path] ?? { code: 404, body: { message: '404 page not found' } }
  }
  refused = []
  nowMs = 0
  const observer = { refused: (apiVersion: string, kind: string) => void refused.push(`${apiVersion}/${kind}`) }
  reader = new OwnerReader({ request } as unknown as KubeClient, observer, () => nowMs)
})

describe('OwnerReader', () => {
  it('reads an owner once', async () => {
    const controller = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater', uid: 'd' }
    for (let time = 0; time < 2; time++) {
      expect(await reader.getOwner('shop', reference)).toEqual({ kind: 'readable', controller })
    }
    expect(asked).toEqual(['/apis/apps/v1', OBJECT])
  })

  it('reads an owner once for all who ask at the same time', async () => {
    await Promise.all([1, 2, 3].map(() => reader.getOwner('shop', reference)))
    expect(asked).toEqual(['/apis/apps/v1', OBJECT])
  })

  it('reads it again after an hour: an orphan may have been adopted', async () => {
    await reader.getOwner('shop', reference)
    nowMs = 3_600_000
    await reader.getOwner('shop', reference)
    expect(asked.filter((path) => path === OBJECT)).toHaveLength(2)
  })

  it.each([
    ['is gone', 'Gone', { [OBJECT]: { code: 404, body: {} } }],
    ['may not be read', 'Refused', { [OBJECT]: { code: 403, body: {} } }],
    ['is of kinds that may not be listed', 'Refused', { '/apis/apps/v1': { code: 403, body: {} } }],
    ['has been made anew', 'Gone', { [OBJECT]: { code: 200, body: { metadata: { uid: 'other' } } } }],
    ['is of a kind that nobody serves', 'NotServed', { '/apis/apps/v1': { code: 404, body: {} } }],
  ])('stops at an owner that %s, and remembers that', async (_what, reason, changes) => {
    Object.assign(answers, changes)
    expect(await reader.getOwner('shop', reference)).toEqual({ kind: 'unreadable', reason })
    const requests = asked.length
    expect(await reader.getOwner('shop', reference)).toEqual({ kind: 'unreadable', reason })
    expect(asked).toHaveLength(requests)
  })

  it('says once of a kind that it may not be read, and finds out when the right is given', async () => {
    const granted = answers[OBJECT] as KubeAnswer
    answers[OBJECT] = { code: 403, body: {} }
    for (const uid of ['r', 's']) await reader.getOwner('shop', { ...reference, uid })
    expect(refused).toEqual(['apps/v1/ReplicaSet'])
    answers[OBJECT] = granted
    nowMs = 300_000
    expect(await reader.getOwner('shop', reference)).toMatchObject({ kind: 'readable' })
  })

  it('knows a kind that was added to a group after others of it were asked for', async () => {
    const late = { ...reference, kind: 'Late', uid: 'l' }
    expect(await reader.getOwner('shop', late)).toEqual({ kind: 'unreadable', reason: 'NotServed' })
    answers['/apis/apps/v1'] = { code: 200, body: { resources: [{ name: 'lates', kind: 'Late', namespaced: false }] } }
    answers['/apis/apps/v1/lates/eater-abc'] = { code: 200, body: { metadata: { uid: 'l' } } }
    nowMs = 300_000
    expect(await reader.getOwner('shop', late)).toEqual({ kind: 'readable', controller: undefined })
  })

  it('takes no answer about one owner for another that has the same UID by its own word', async () => {
    await reader.getOwner('shop', reference)
    expect(await reader.getOwner('other', reference)).toMatchObject({ kind: 'unreadable' })
  })

  it('throws what waiting can mend', async () => {
    answers[OBJECT] = { code: 500, body: { message: 'etcd' } }
    await expect(reader.getOwner('shop', reference)).rejects.toMatchObject({ retry: true })
  })
})
