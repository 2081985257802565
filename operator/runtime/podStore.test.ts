import { beforeEach, describe, expect, it } from '@jest/globals'
import { cachedPodOf, containerOf } from '../testing/cachedPods.ts'
import type { CachedPod } from './pod.ts'
import { PodStore } from './podStore.ts'

const HOUR_MS = 3_600_000
let nowMs: number
let store: PodStore

beforeEach(() => {
  nowMs = 0
  store = new PodStore({ maxDeleted: 2, deletedTtlMs: HOUR_MS, now: () => nowMs })
})

const podOf = (uid: string, changes: Partial<CachedPod> = {}): CachedPod =>
  cachedPodOf({ uid, name: uid, containers: [containerOf({ id: 'c1' })], ...changes })

describe('PodStore', () => {
  it('finds a pod by its UID, and a static pod by its hash and node', () => {
    store.put(podOf('a'))
    store.put(podOf('mirror', { configHash: 'abcdef' }))
    expect(store.find('a', 'node-b')?.name).toBe('a')
    expect(store.find('abcdef', 'node-a')?.uid).toBe('mirror')
    expect(store.find('ABC-def', 'node-a')?.uid).toBe('mirror')
    expect(store.find('abcdef', 'node-b')).toBeUndefined()
  })

  it('remembers containers that the status has forgotten, and how they ended', () => {
    const terminations = [{ reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:00Z' }]
    store.put(podOf('a', { containers: [containerOf({ id: 'c1', terminations })] }))
    store.put(
      podOf('a', {
        containers: [containerOf({ id: 'c1' }), containerOf({ id: 'c2' })],
      }),
    )
    store.put(podOf('a', { containers: [containerOf({ id: 'c3' })] }))
    expect(store.factsOf('a', 'c1')).toEqual({ kind: 'known', terminations })
    expect(store.factsOf('a', 'c9')).toEqual({ kind: 'containerUnknown' })
    expect(store.factsOf('z', 'c1')).toEqual({ kind: 'podForgotten' })
  })

  it('knows whether a container runs, and nothing of the kind of a pod that is gone', () => {
    store.put(
      podOf('a', {
        members: [
          { name: 'app', type: 'App', id: 'c1' },
          { name: 'side', type: 'App' },
        ],
      }),
    )
    expect(['c1', 'c2'].map((id) => store.isRunning('a', id))).toEqual([true, false])
    store.remove('a')
    expect(store.isRunning('a', 'c1')).toBe(false)
  })

  it('remembers deleted pods for an hour, and only so many', () => {
    for (const uid of ['a', 'b', 'c']) {
      store.put(podOf(uid))
      store.remove(uid)
    }
    expect(['a', 'b', 'c'].map((uid) => store.find(uid, 'node-a')?.uid)).toEqual([undefined, 'b', 'c'])
    nowMs = HOUR_MS
    store.put(podOf('d'))
    store.remove('d')
    expect(['b', 'c', 'd'].map((uid) => store.find(uid, 'node-a')?.uid)).toEqual([undefined, undefined, 'd'])
    expect(store.size).toBe(0)
  })

  it('remembers what a container might use that another one has followed', () => {
    const memory = { limit: '64Mi', request: undefined }
    store.put(podOf('a', { containers: [containerOf({ id: 'c1', memory })] }))
    const after = { limit: '128Mi', request: undefined }
    store.put(
      podOf('a', { containers: [containerOf({ id: 'c2', restarts: 1, memory: after }), containerOf({ id: 'c1' })] }),
    )
    expect(store.find('a', 'node-a')?.containers.map((one) => [one.id, one.memory])).toEqual([
      ['c2', after],
      ['c1', memory],
    ])
  })

  it('does not bring a deleted pod back to life by a late answer', () => {
    store.put(podOf('a'))
    store.remove('a')
    store.remember(podOf('a', { containers: [containerOf({ id: 'c2' })] }))
    expect(store.size).toBe(0)
    expect(store.factsOf('a', 'c2').kind).toBe('known')
  })

  it('takes what a full list does not name for deleted', () => {
    store.put(podOf('a'))
    store.put(podOf('b'))
    store.retainOnly(new Set(['b']))
    expect(store.size).toBe(1)
    expect(store.namespaceOf('a')).toBe('shop')
  })
})
