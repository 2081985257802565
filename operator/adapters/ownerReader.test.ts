import { beforeEach, describe, expect, it } from '@jest/globals'
import type { KubeAnswer, KubeClient } from './kubeClient.ts'
import { OwnerReader } from './ownerReader.ts'

const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'eater-abc', uid: 'r' }
const OBJECT = '/apis/apps/v1/namespaces/shop/replicasets/eater-abc'

let answers: Record<string, KubeAnswer>
let asked: string[]
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
  reader = new OwnerReader({ request } as unknown as KubeClient)
})

describe('OwnerReader', () => {
  it('reads an owner once', async () => {
    const controller = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eater', uid: 'd' }
    for (let time = 0; time < 2; time++) {
      expect(await reader.getOwner('shop', reference)).toEqual({ kind: 'readable', controller })
    }
    expect(asked).toEqual(['/apis/apps/v1', OBJECT])
  })

  it.each([
    ['is gone', { [OBJECT]: { code: 404, body: {} } }],
    ['may not be read', { [OBJECT]: { code: 403, body: {} } }],
    ['has been made anew', { [OBJECT]: { code: 200, body: { metadata: { uid: 'other' } } } }],
    ['is of a kind that nobody serves', { '/apis/apps/v1': { code: 404, body: {} } }],
  ])('stops at an owner that %s', async (_what, changes) => {
    Object.assign(answers, changes)
    expect(await reader.getOwner('shop', reference)).toEqual({ kind: 'unreadable' })
  })

  it('throws what waiting can mend', async () => {
    answers[OBJECT] = { code: 500, body: { message: 'etcd' } }
    await expect(reader.getOwner('shop', reference)).rejects.toMatchObject({ retry: true })
  })
})
