import { describe, expect, it } from '@jest/globals'
import type { CachedPod } from '../runtime/pod.ts'
import { cachedPodOf } from '../testing/cachedPods.ts'
import { resolveScope, type KnownPods } from './resolveScope.ts'

const UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const ID = 'ab'.repeat(32)
const HASH = '0123456789abcdef0123456789abcdef'

const pod = (fields: Partial<CachedPod>): CachedPod =>
  cachedPodOf({
    uid: UID,
    name: 'web-1',
    members: [
      { name: 'app', type: 'App', id: ID },
      { name: 'late', type: 'App' },
    ],
    ...fields,
  })

const all = [pod({}), pod({ uid: 'u-2', name: 'etcd', configHash: HASH }), pod({ uid: 'u-3', name: 'new', node: '' })]
const pods: KnownPods = { live: () => all, find: (uid) => all.find((one) => one.uid === uid) }
const resolve = (target: Parameters<typeof resolveScope>[0], node = 'node-a') => resolveScope(target, node, pods)

describe('resolveScope', () => {
  it.each([
    ['nothing', {}, undefined],
    ['a cgroup', { cgroup: '/a' }, { kind: 'cgroup', path: '/a' }],
    ['a pod by its name', { pod: 'shop/web-1' }, { kind: 'pod', uid: UID }],
    ['a pod by its UID', { pod: UID }, { kind: 'pod', uid: UID }],
    ['a pod that only the node may know', { pod: HASH }, { kind: 'pod', uid: HASH }],
    ['a static pod, by what its cgroup is called', { pod: 'shop/etcd' }, { kind: 'pod', uid: HASH }],
    ['a container by its name', { pod: 'shop/web-1', container: 'app' }, { kind: 'container', id: ID }],
    ['a container by how its id begins', { container: 'abababab' }, { kind: 'container', id: 'abababab' }],
  ])('takes %s', (_what, target, scope) => {
    expect(resolve(target)).toEqual({ ok: true, scope })
  })

  it.each([
    ['pod: expected a pod that is there, got shop/gone', { pod: 'shop/gone' }, 'node-a'],
    ['pod: expected a pod on node node-b, got shop/web-1, which is on node node-a', { pod: 'shop/web-1' }, 'node-b'],
    ['pod: expected a pod on node node-a, got shop/new, which is on no node yet', { pod: 'shop/new' }, 'node-a'],
    [
      'container: expected one of pod shop/web-1 that runs (of app, late), got late',
      { pod: 'shop/web-1', container: 'late' },
      'node-a',
    ],
    [
      'container: expected 8 to 64 hexadecimal digits of an id, or a pod with its name, got app',
      { container: 'app' },
      'node-a',
    ],
  ])('says: %s', (reason, target, node) => {
    expect(resolve(target, node)).toEqual({ ok: false, reason })
  })
})
