import { describe, expect, it } from '@jest/globals'
import { gatherClusterObjects } from './clusterObjects.ts'
import { rawPod, rawPolicy } from './policies.testkit.ts'

describe('gatherClusterObjects', () => {
  it('takes a namespace that is not among the objects to have its name alone, and says so', async () => {
    const { namespaces, notes } = await gatherClusterObjects([rawPod(1)])
    expect(namespaces).toEqual(new Map([['shop', { 'kubernetes.io/metadata.name': 'shop' }]]))
    expect(notes).toEqual(["Of namespace shop the labels are not among the objects: taken to be its name's alone."])
  })

  it('passes over kinds that nothing is decided by, and says of a policy that it does not understand', async () => {
    const policy = { kind: 'OOMPolicy', metadata: { name: 'old' }, spec: { mode: 'Maybe' } }
    const { pods, policies, notes } = await gatherClusterObjects([{ kind: 'Service' }, null, 5, policy])
    expect({ pods, policies }).toEqual({ pods: [], policies: [] })
    expect(notes).toEqual(['Policy old of the cluster is of another version of the kind, and decides nothing here.'])
  })

  it('says of pods that wait for a node that nothing is decided there', async () => {
    const namespace = { kind: 'Namespace', metadata: { name: 'shop' } }
    const pod = rawPod(1)
    const { notes } = await gatherClusterObjects([namespace, { ...pod, spec: { containers: pod.spec.containers } }])
    expect(notes).toEqual(['1 pod is bound to no node: nothing is decided there yet.'])
  })

  it('keeps from which nodes a policy of the cluster was taken back, and when somebody said to try again', async () => {
    const rollback = { generation: 1, nodes: [{ node: 'node-a', time: '2026-03-01T10:00:00.000Z' }] }
    const object = rawPolicy('there', {})
    const metadata = { ...object.metadata, annotations: { 'oomkeeper.io/retry': 'now' } }
    const { policies } = await gatherClusterObjects([{ ...object, metadata, status: { rollback } }])
    expect(policies).toMatchObject([{ name: 'there', retry: 'now', rollback }])
  })

  it('refuses an object that is not as the apiserver has it', async () => {
    const broken = { ...rawPod(1), spec: { containers: 'app' } }
    await expect(gatherClusterObjects([broken])).rejects.toMatchObject({ code: 'ObjectsUnreadable', exitCode: 2 })
  })
})
