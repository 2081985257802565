import { describe, expect, it } from '@jest/globals'
import { resolveWorkload, type GetOwner, type OwnerReference } from './workload.ts'

const owner = (apiVersion: string, kind: string, name: string): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid: name,
})
const replicaSet = owner('apps/v1', 'ReplicaSet', 'eater-abc')
const deployment = owner('apps/v1', 'Deployment', 'eater')
const job = owner('batch/v1', 'Job', 'nightly-1')
const cronJob = owner('batch/v1', 'CronJob', 'nightly')
const rollout = owner('argoproj.io/v1alpha1', 'Rollout', 'canary')
const chart = owner('example.com/v1', 'Chart', 'shop')

/** Who controls whom. */
function ownersOf(chain: Record<string, OwnerReference | undefined>): GetOwner {
  return async (_namespace, { name }) =>
    name in chain ? { kind: 'readable', controller: chain[name] } : { kind: 'unreadable', reason: 'Gone' }
}

const resolve = async (controller: OwnerReference | undefined, getOwner: GetOwner = ownersOf({})) =>
  (await resolveWorkload({ namespace: 'shop', name: 'pod-1', controller }, getOwner)).workload

describe('resolveWorkload', () => {
  it.each([
    ['a ReplicaSet to its Deployment', replicaSet, { 'eater-abc': deployment }, 'Deployment', 'eater'],
    ['a Job to its CronJob', job, { 'nightly-1': cronJob }, 'CronJob', 'nightly'],
    [
      'a ReplicaSet to a custom controller',
      replicaSet,
      { 'eater-abc': rollout, canary: undefined },
      'Rollout',
      'canary',
    ],
    ['a custom controller to its own', rollout, { canary: chart, shop: undefined }, 'Chart', 'shop'],
  ])('climbs from %s', async (_what, controller, chain, kind, name) => {
    expect(await resolve(controller, ownersOf(chain))).toMatchObject({ kind, name })
  })

  it.each(['StatefulSet', 'DaemonSet', 'Deployment'])('stops at a %s, whatever made it', async (kind) => {
    const controller = owner('apps/v1', kind, 'db')
    expect(await resolve(controller, ownersOf({ db: chart }))).toEqual({ apiVersion: 'apps/v1', kind, name: 'db' })
  })

  it.each([
    ['a Job of its own', job, 'Job'],
    ['a ReplicationController', owner('v1', 'ReplicationController', 'old'), 'ReplicationController'],
    ['a ReplicaSet of its own', replicaSet, 'ReplicaSet'],
  ])('names %s', async (_what, controller, kind) => {
    const chain = ownersOf({ [controller.name]: undefined })
    expect(await resolve(controller, chain)).toMatchObject({ kind, name: controller.name })
  })

  it('names a bare pod, and a static pod, by themselves', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', name: 'pod-1' }
    expect(await resolve(undefined)).toEqual(pod)
    expect(await resolve(owner('v1', 'Node', 'node-a'))).toEqual(pod)
  })

  it('tells the UID of the controller that it names, and none where that is the pod', async () => {
    const pod = { namespace: 'shop', name: 'pod-1', controller: replicaSet }
    const { uid } = await resolveWorkload(pod, ownersOf({ 'eater-abc': { ...deployment, uid: 'd1' } }))
    expect(uid).toBe('d1')
    expect((await resolveWorkload({ ...pod, controller: undefined }, ownersOf({}))).uid).toBeUndefined()
  })

  it('stays with the last controller that is named, when it cannot be read', async () => {
    expect(await resolve(replicaSet)).toMatchObject({ kind: 'ReplicaSet', name: 'eater-abc' })
  })

  it.each([
    ['a kind with markup', { ...rollout, kind: '<b>Rollout</b>' }],
    ['a path for a group', { ...rollout, apiVersion: '../v1' }],
    ['a question for a version', { ...rollout, apiVersion: 'apps/v1?x=' }],
    ['a folder for a name', { ...rollout, name: '..' }],
    ['a name in another direction of writing', { ...rollout, name: 'a\u202eb' }],
    ['a name that no object has room for', { ...rollout, name: 'x'.repeat(300) }],
    ['no words', { apiVersion: '', kind: '', name: '', uid: '' }],
  ])('names the pod, and asks nobody, where its owner is %s', async (_what, controller) => {
    const asked: string[] = []
    const getOwner: GetOwner = async (_namespace, { name }) => {
      asked.push(name)
      return { kind: 'readable', controller: undefined }
    }
    expect(await resolve(controller, getOwner)).toEqual({ apiVersion: 'v1', kind: 'Pod', name: 'pod-1' })
    expect(asked).toEqual([])
  })

  it('stays below an owner that cannot be named', async () => {
    const chain = { 'eater-abc': { ...deployment, kind: 'De\u001bploy' } }
    expect(await resolve(replicaSet, ownersOf(chain))).toMatchObject({ kind: 'ReplicaSet', name: 'eater-abc' })
  })

  it('ends in a loop of owners', async () => {
    expect(await resolve(rollout, ownersOf({ canary: chart, shop: rollout }))).toMatchObject({
      kind: expect.any(String),
    })
  })
})
