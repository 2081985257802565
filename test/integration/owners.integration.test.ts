import { describe, expect, it } from '@jest/globals'
import { reportName } from '../../operator/reports/reportName.ts'
import { inPod, type OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorld } from './useOperatorWorld.ts'

let world: OperatorWorld

useOperatorWorld((started) => {
  world = started
})

/** A kind of somebody else's operator. */
async function serveKind(kind: string, scope: 'Namespaced' | 'Cluster'): Promise<void> {
  const plural = `${kind.toLowerCase()}s`
  const schema = { openAPIV3Schema: { type: 'object' } }
  await world.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope,
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  })
  await world.api.kubectl(['wait', '--for=condition=Established', `crd/${plural}.example.com`, '--timeout=20s'])
}

async function make(kind: string, name: string, owner?: object): Promise<object> {
  const namespace = kind === 'Fleet' ? undefined : 'shop'
  const metadata = { name, namespace, ownerReferences: owner === undefined ? [] : [owner] }
  await world.apply({ apiVersion: 'example.com/v1', kind, metadata })
  const where = namespace === undefined ? [] : ['-n', namespace]
  const made = await world.get<{ metadata: { uid: string } }>(`${kind.toLowerCase()}s.example.com`, ...where, name)
  return { apiVersion: 'example.com/v1', kind, name, uid: made.metadata.uid, controller: true }
}

const nameOf = (kind: string, name: string): string =>
  reportName({ workload: { apiVersion: 'example.com/v1', kind, name }, container: 'app' })

async function grant(resource: string): Promise<void> {
  const name = `read-${resource}`
  const rules = [{ apiGroups: ['example.com'], resources: [resource], verbs: ['get'] }]
  await world.apply({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules })
  const binding = [name, `--clusterrole=${name}`, '--serviceaccount=shop:oomkeeper-operator']
  await world.api.kubectl(['create', 'clusterrolebinding', ...binding])
}

describe('the owners of pods, with the real kube-apiserver', () => {
  it('counts for a custom controller, as far up as it may read, and says once what it may not', async () => {
    await serveKind('Fleet', 'Cluster')
    await serveKind('Rollout', 'Namespaced')
    await grant('fleets')
    await world.makeController('apps/v1', 'ReplicaSet', 'canary-abc')
    const owned = { ownerReferences: [await make('Rollout', 'canary', await make('Fleet', 'ships'))] }
    const adopt = ['patch', 'replicaset', '-n', 'shop', 'canary-abc', '--type=merge', '-p']
    await world.api.kubectl([...adopt, JSON.stringify({ metadata: owned })])
    const one = await world.makePod({ name: 'canary-abc-1', owner: 'ReplicaSet/canary-abc' })
    const other = await world.makePod({ name: 'canary-abc-2', owner: 'ReplicaSet/canary-abc' })

    const first = await world.readyOperator()
    for (const pod of [one, other]) await world.publishKills(1, inPod(pod))
    expect(await world.untilKills(nameOf('Rollout', 'canary'), 2)).toMatchObject({ workload: 'Rollout/canary' })
    expect(first.program.log.match(/expected the right to get Rollout \(example\.com\/v1\)/g)).toHaveLength(1)
    await first.program.stop()

    await grant('rollouts')
    const { program } = await world.readyOperator()
    await world.publishKills(1, inPod(one))
    expect(await world.untilKills(nameOf('Fleet', 'ships'), 1)).toMatchObject({ workload: 'Fleet/ships' })
    expect(program.log).not.toContain('expected the right to get')
  }, 90_000)

  it('says how the container was set when it was killed: after a resize, by what is in force', async () => {
    const classes = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'batch-low' } }
    await world.apply({ ...classes, value: -100 })
    const resources = { limits: { memory: '64Mi' }, requests: { memory: '32Mi' } }
    const pod = await world.makePod({ name: 'resized', resources, priorityClassName: 'batch-low' })
    await world.setContainer('resized', {
      containerID: `containerd://${pod.containerId}`,
      restartCount: 2,
      state: { running: {} },
      resources: { limits: { memory: '96Mi' }, requests: { memory: '32Mi' } },
    })
    await world.readyOperator()
    await world.publishKills(1, inPod(pod))
    expect((await world.untilKills('pod.resized.app', 1)).lastKills).toMatchObject([
      { memoryLimit: '96Mi', memoryRequest: '32Mi', qosClass: 'Burstable', priorityClass: 'batch-low', restarts: 2 },
    ])
  }, 60_000)

  it('has the apiserver refuse a status that cannot be, repairs a watermark that cannot, and counts on', async () => {
    const edited = await world.makePod({ name: 'edited' })
    const other = await world.makePod({ name: 'other' })
    const first = await world.readyOperator()
    for (const pod of [edited, other]) await world.publishKills(1, inPod(pod))
    const { watermark } = await world.untilKills('pod.edited.app', 1)
    await world.untilKills('pod.other.app', 1)
    const edit = async (status: object): Promise<string> => {
      const patch = JSON.stringify({ status })
      const args = [
        'patch',
        'oomr',
        '-n',
        'shop',
        'pod.edited.app',
        '--subresource=status',
        '--type=merge',
        '-p',
        patch,
      ]
      return world.api.kubectl(args)
    }
    await expect(edit({ kills: -1 })).rejects.toThrow('status.kills')
    await expect(edit({ hiddenKills: 7 })).rejects.toThrow('hiddenKills and reportedKills together cannot exceed kills')
    await edit({ watermark: { ...watermark, sequence: 9e15, settled: 9e15, unsettled: '' } })
    await world.publishKills(1, inPod(edited))
    expect(await world.untilKills('pod.edited.app', 2)).toMatchObject({ kills: 2 })
    expect(first.program.log).toContain('expected a status of this version, got another or an edited one')
    await first.program.stop()

    await edit({ watermark: { ...watermark, sequence: 9e15, settled: 9e15, unsettled: '1' } })
    await world.readyOperator()
    for (const pod of [edited, other]) await world.publishKills(1, inPod(pod))
    expect(await world.untilKills('pod.other.app', 2)).toMatchObject({ kills: 2 })
    expect(await world.untilKills('pod.edited.app', 3)).toMatchObject({ kills: 3 })
  }, 60_000)
})
