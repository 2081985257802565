import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { VERSION } from '../../program/version.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { startApiserver, type PrivateApiserver } from '../cluster/privateServers.ts'
import { CHART_FOLDER, ensureHelm, renderChart, type Helm, type RenderedObject } from '../support/helm.ts'
import { describeUnless } from '../support/leftOut.ts'

const IN_NAMESPACE = '--namespace=oomkeeper'

describeUnless(whyNoServers(), 'an upgrade of the chart, with a real helm and a real kube-apiserver', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-upgrade-'))
  let server: PrivateApiserver
  let helm: Helm

  /** No controller is here that would run the hooks' Jobs. */
  const upgrade = (values: readonly string[]): Promise<string> =>
    helm([
      'upgrade',
      'oomkeeper',
      CHART_FOLDER,
      IN_NAMESPACE,
      '--no-hooks',
      ...values.flatMap((value) => ['--set', value]),
    ])
  /** What is there, each object with its version, and each revision of the release. */
  const everything = (): Promise<string> => {
    const kinds = 'configmaps,secrets,services,serviceaccounts,deployments,statefulsets,daemonsets,poddisruptionbudgets'
    const columns = '--output=custom-columns=KIND:.kind,NAME:.metadata.name,VERSION:.metadata.resourceVersion'
    return server.kubectl(['get', kinds, IN_NAMESPACE, columns])
  }

  beforeAll(async () => {
    server = await startApiserver({ log: () => {} })
    helm = await ensureHelm(folder, server.kubeconfig)
    await helm(['install', 'oomkeeper', CHART_FOLDER, IN_NAMESPACE, '--create-namespace', '--no-hooks'])
  }, 1_800_000)
  afterAll(async () => {
    await server?.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each([
    [
      'nats.replicas=3',
      'nats.replicas: expected 1, as StatefulSet oomkeeper-nats in namespace oomkeeper has it, got 3',
    ],
    ['nats.persistence.enabled=false', 'nats.persistence.enabled: expected true, as StatefulSet oomkeeper-nats'],
    ['nats.persistence.size=9Gi', 'nats.persistence.size: expected 4Gi, as StatefulSet oomkeeper-nats'],
    ['nats.persistence.storageClassName=fast', 'nats.persistence.storageClassName: expected "", as StatefulSet'],
  ])(
    'to what Kubernetes would refuse of NATS is refused before anything is written: %s',
    async (value, words) => {
      const before = await everything()
      await expect(upgrade([value])).rejects.toThrow(words)
      expect(await everything()).toBe(before)
    },
    60_000,
  )

  it('has no second release beside it, which would share state, reports and scores with it', async () => {
    const second = ['install', 'kills', CHART_FOLDER, '--namespace=kills', '--create-namespace', '--no-hooks']
    await expect(helm([...second, '--set', 'crds.install=false'])).rejects.toThrow(
      'expected no other release of oomkeeper in this cluster, got oomkeeper, of which ClusterRole oomkeeper-operator is',
    )
  }, 60_000)

  it('goes on where the size of the volume is the same, in other words', async () => {
    await expect(upgrade(['nats.persistence.size=4096Mi'])).resolves.toContain('has been upgraded')
  }, 60_000)

  it('leaves the pod of one server its configuration, where others apply three and the StatefulSet is refused', async () => {
    const config = async (values: readonly string[]): Promise<Record<string, string>> =>
      (await renderChart(helm, values)).find(
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'oomkeeper-nats',
      )?.['data'] as Record<string, string>
    const [one, three] = [await config([]), await config(['nats.replicas=3'])]
    expect(three['nats.conf']).toBe(one['nats.conf'])
    expect(three['nats.conf']).not.toContain('$SERVER_NAME')
    expect(three['cluster.conf']).toContain('server_name: $SERVER_NAME')
    expect(Object.keys(one)).toEqual(['nats.conf'])
  })

  it('to another version of the chart replaces no pod whose image stays', async () => {
    const other = join(folder, 'other')
    cpSync(CHART_FOLDER, other, { recursive: true })
    const file = join(other, 'Chart.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(VERSION, '9.9.9'))
    const pods = async (chart: string): Promise<Map<string, unknown>> => {
      const objects = await renderChart(helm, ['image.tag=kept'], { chart })
      return new Map(
        objects.flatMap(({ kind, metadata, spec }) => {
          const { template } = (spec ?? {}) as { template?: unknown }
          return template === undefined ? [] : [[`${kind}/${metadata.name}`, template]]
        }),
      )
    }
    const before = await pods(CHART_FOLDER)
    expect(before.size).toBe(5)
    expect(await pods(other)).toEqual(before)
    const text = async (chart: string) => JSON.stringify(await renderChart(helm, [], { chart }))
    expect(await text(other)).toContain('oomkeeper-9.9.9')
  })

  it('has no name too long for what it names, however long the release is called', async () => {
    const release = 'a'.repeat(53) // Helm's own limit.
    const objects = await renderChart(helm, ['nats.replicas=3', 'serviceMonitor.enabled=true'], { release })
    expect(longerThan(63, objects, 'Service', 'Job', 'Pod')).toEqual([])
    // What Kubernetes adds for the label controller-revision-hash.
    expect(longerThan(63 - '-5d4f8c7b9d'.length, objects, 'StatefulSet')).toEqual([])
    expect(longerThan(62, objects, 'Service')).not.toEqual([])
  })
})

function longerThan(limit: number, objects: readonly RenderedObject[], ...kinds: readonly string[]): string[] {
  const names = objects.filter(({ kind }) => kinds.includes(kind)).map(({ metadata }) => metadata.name)
  if (names.length === 0) throw new Error(`expected a ${kinds.join(' or ')}, got none`)
  return names.filter((name) => name.length > limit)
}
