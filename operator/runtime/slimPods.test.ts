import { beforeEach, describe, expect, it } from '@jest/globals'
import { cachedPodOf, containerOf } from '../testing/cachedPods.ts'
import type { CachedPod } from './pod.ts'
import { SlimPods } from './slimPods.ts'

const ID = 'b'.repeat(64)

let slims: SlimPods

beforeEach(() => {
  slims = new SlimPods()
})

/** As it comes from the apiserver: nothing is shared with another. */
const freshPod = (changes: Partial<CachedPod> = {}): CachedPod =>
  JSON.parse(
    JSON.stringify(
      cachedPodOf({
        labels: { app: 'eater' },
        containers: [containerOf({ id: ID, memory: { limit: '64Mi', request: '32Mi' } })],
        members: [{ name: 'app', type: 'App', id: ID }],
        ...changes,
      }),
    ),
  ) as CachedPod

describe('SlimPods', () => {
  it.each([
    ['that runs', {}],
    [
      'that was not started yet',
      {
        containers: [],
        members: [
          { name: 'app', type: 'App' },
          { name: 'sidecar', type: 'Sidecar' },
        ],
      },
    ],
    [
      'with a container that ended',
      {
        containers: [
          containerOf({ id: ID, restarts: 1 }),
          containerOf({ terminations: [{ reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:00Z' }] }),
        ],
      },
    ],
    ['of no controller', { controller: undefined, labels: {} }],
  ] as const)('gives back a pod that says the same, for one %s', (_what, changes) => {
    slims.slim(freshPod(), undefined)
    const pod = freshPod(changes)
    expect(slims.slim(pod, undefined)).toMatchObject(pod)
  })

  it('shares what pods of one controller have in common', () => {
    const one = slims.slim(freshPod(), undefined)
    const other = slims.slim(freshPod({ uid: 'other', name: 'eater-abc-2' }), undefined)
    expect(other).toMatchObject({ uid: 'other', name: 'eater-abc-2' })
    expect(other.controller).toBe(one.controller)
    expect(other.labels).toBe(one.labels)
    expect(other.containers[0]?.memory).toBe(one.containers[0]?.memory)
    expect(other.containers[0]?.terminations).toBe(one.containers[0]?.terminations)
  })

  it('shares nothing that differs', () => {
    slims.slim(freshPod(), undefined)
    const labels = { app: 'eater', 'apps.kubernetes.io/pod-index': '1' }
    expect(slims.slim(freshPod({ labels }), undefined).labels).toEqual(labels)
  })

  it('keeps one list where the members of a pod are its containers', () => {
    const { members, containers } = slims.slim(freshPod(), undefined)
    expect(members).toBe(containers)
  })
})
