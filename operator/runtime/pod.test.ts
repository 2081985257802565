import { describe, expect, it } from '@jest/globals'
import { parsePod } from './pod.ts'

describe('parsePod', () => {
  it('keeps the controller, the node and every container that the status names', () => {
    const pod = parsePod({
      metadata: {
        uid: 'u',
        namespace: 'shop',
        name: 'p',
        ownerReferences: [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'c' },
          { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'r', controller: true },
        ],
      },
      spec: { nodeName: 'node-a' },
      status: {
        containerStatuses: [
          {
            name: 'app',
            containerID: 'containerd://two',
            lastState: {
              terminated: { containerID: 'containerd://one', reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:00Z' },
            },
          },
        ],
        initContainerStatuses: [
          {
            name: 'init',
            containerID: 'cri-o://zero',
            state: {
              terminated: { containerID: 'cri-o://zero', reason: 'Completed', finishedAt: '2026-03-01T09:00:00Z' },
            },
          },
        ],
        ephemeralContainerStatuses: [{ name: 'debug', containerID: '' }],
      },
    })
    expect(pod).toMatchObject({ node: 'node-a', controller: { kind: 'ReplicaSet', name: 'r' } })
    expect(pod?.containers).toEqual([
      { id: 'two', name: 'app', terminations: [] },
      { id: 'one', name: 'app', terminations: [{ reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:00Z' }] },
      { id: 'zero', name: 'init', terminations: [{ reason: 'Completed', finishedAt: '2026-03-01T09:00:00Z' }] },
    ])
  })

  it('takes a pod without a node or a status', () => {
    expect(parsePod({ metadata: { uid: 'u', namespace: 'n', name: 'p' } })).toMatchObject({ node: '', containers: [] })
  })

  it('refuses what has no identity', () => {
    expect(parsePod({ metadata: { name: 'p' } })).toBeUndefined()
  })

  it('names the containers that run for policies, and none by an id that no cgroup can have', () => {
    const id = 'a'.repeat(64)
    const running = { running: {} }
    const pod = parsePod({
      metadata: { uid: 'u', namespace: 'shop', name: 'p', labels: { app: 'web' } },
      status: {
        containerStatuses: [
          { name: 'app', containerID: `containerd://${id}`, state: running },
          { name: 'waiting', containerID: `containerd://${'b'.repeat(64)}`, state: {} },
          { name: 'simulated', containerID: 'kwok://1', state: running },
        ],
      },
    })
    expect(pod).toMatchObject({ labels: { app: 'web' }, running: [{ id, name: 'app' }] })
  })
})
