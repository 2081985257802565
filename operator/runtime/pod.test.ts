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
      expect.objectContaining({ id: 'two', name: 'app', terminations: [] }),
      expect.objectContaining({
        id: 'one',
        name: 'app',
        terminations: [{ reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:00Z' }],
      }),
      expect.objectContaining({
        id: 'zero',
        name: 'init',
        terminations: [{ reason: 'Completed', finishedAt: '2026-03-01T09:00:00Z' }],
      }),
    ])
  })

  it('takes a pod without a node or a status', () => {
    expect(parsePod({ metadata: { uid: 'u', namespace: 'n', name: 'p' } })).toMatchObject({ node: '', containers: [] })
  })

  it('refuses what has no identity', () => {
    expect(parsePod({ metadata: { name: 'p' } })).toBeUndefined()
  })

  it('names the containers for policies by type, with the id of one that runs, and none by an id that no cgroup can have', () => {
    const id = 'a'.repeat(64)
    const running = { running: {} }
    const raw = {
      metadata: { uid: 'u', namespace: 'shop', name: 'p', labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'app' }, { name: 'waiting' }, { name: 'simulated' }],
        initContainers: [{ name: 'init' }, { name: 'proxy', restartPolicy: 'Always' }],
        ephemeralContainers: [{ name: 'debugger' }],
      },
      status: {
        phase: 'Running',
        containerStatuses: [
          { name: 'app', containerID: `containerd://${id}`, state: running },
          { name: 'waiting', containerID: `containerd://${'b'.repeat(64)}`, state: {} },
          { name: 'simulated', containerID: 'kwok://1', state: running },
        ],
      },
    }
    expect(parsePod(raw)).toMatchObject({
      labels: { app: 'web' },
      members: [
        { name: 'app', type: 'App', id },
        { name: 'waiting', type: 'App' },
        { name: 'simulated', type: 'App' },
        { name: 'init', type: 'Init' },
        { name: 'proxy', type: 'Sidecar' },
        { name: 'debugger', type: 'Ephemeral' },
      ],
    })
    expect(parsePod({ ...raw, status: { ...raw.status, phase: 'Succeeded' } })?.members).toEqual([])
  })

  it('keeps what guard rails go by: the memory of containers that run or wait, and of the pod, its runtime and its age', () => {
    const waiting = { name: 'waiting', resources: { limits: { memory: '64Mi' } } }
    const pod = parsePod({
      metadata: { uid: 'u', namespace: 'n', name: 'p', creationTimestamp: '2026-03-01T10:00:00Z' },
      spec: {
        runtimeClassName: 'gvisor',
        resources: { limits: { memory: '1Gi' } },
        containers: [{ name: 'resized', resources: { limits: { memory: '96Mi' } } }, waiting, { name: 'free' }],
      },
      status: {
        containerStatuses: [
          {
            name: 'resized',
            containerID: `containerd://${'a'.repeat(64)}`,
            state: { running: {} },
            resources: { limits: { memory: '128Mi' } },
          },
        ],
      },
    })
    expect(pod).toMatchObject({ runtimeClass: 'gvisor', memoryLimit: '1Gi', createdSeconds: 1_772_359_200 })
    expect(pod?.members.map(({ memory }) => memory?.limit)).toEqual(['128Mi', '64Mi', undefined])
    expect(parsePod({ metadata: { uid: 'u', namespace: 'n', name: 'p' } })?.createdSeconds).toBe(0)
  })

  it('tells how each container is set: the limit in force before the one in the spec, and its own count of restarts', () => {
    const spec = { limits: { memory: '64Mi' }, requests: { memory: '32Mi' } }
    const lastState = { terminated: { containerID: 'containerd://one' } }
    const pod = parsePod({
      metadata: { uid: 'u', namespace: 'n', name: 'p' },
      spec: {
        priorityClassName: 'batch-low',
        containers: [{ name: 'app', resources: spec }, { name: 'resized', resources: spec }, { name: 'free' }],
      },
      status: {
        qosClass: 'Burstable',
        containerStatuses: [
          { name: 'app', containerID: 'containerd://two', restartCount: 3, lastState },
          {
            name: 'resized',
            containerID: 'containerd://three',
            restartCount: 0,
            resources: { limits: { memory: '96Mi' }, requests: { memory: '32Mi' } },
          },
          { name: 'free', containerID: 'containerd://four' },
        ],
      },
    })
    expect(pod).toMatchObject({ qosClass: 'Burstable', priorityClass: 'batch-low' })
    expect(pod?.containers.map(({ id, restarts, memory }) => [id, restarts, memory])).toEqual([
      ['two', 3, { limit: '64Mi', request: '32Mi' }],
      ['one', 2, undefined],
      ['three', 0, { limit: '96Mi', request: '32Mi' }],
      ['four', 0, { limit: undefined, request: undefined }],
    ])
  })
})
