import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { agentFlags } from '../../agent/config.ts'
import { TOKEN_AUDIENCE } from '../../contract/nodeLogin.ts'
import { operatorFlags } from '../../operator/config.ts'
import { makeServerCertificate } from '../../operator/adapters/makeServerCertificate.ts'
import { keysFlags } from '../../operator/keys/config.ts'
import { AUTH_MODES, planKeys } from '../../operator/keys/planKeys.ts'
import { restoreFlags } from '../../operator/restore/config.ts'
import { parseFlags, type Flags, type ParsedFlags } from '../../program/flags.ts'
import { VERSION } from '../../program/version.ts'
import { ensureBuilt } from '../cluster/build/ensureBuilt.ts'
import { NATS } from '../cluster/build/goModule.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { renderNatsConfig } from '../cluster/nats/config.ts'
import { startApiserver, type PrivateApiserver } from '../cluster/privateServers.ts'
import { runCommand } from '../cluster/process/run.ts'
import { CHART_FOLDER, ensureHelm, renderChart, type Helm, type RenderedObject } from '../support/helm.ts'
import { describeUnless } from '../support/leftOut.ts'
import { Program } from '../support/program.ts'
import { ensurePrometheusKinds } from '../support/prometheusKinds.ts'

const EXTERNAL = ['nats.externalUrl=nats://nats.example:4222', 'nats.existingSecret=keys-of-mine']

/** The test cluster speaks without. */
const TLS_BLOCK = /^tls \{\n(?: .*\n)+\}\n/m

/** Where whom to let in is asked, nobody has a password. */
const NOBODY = { operator: { user: '', password: '' }, system: { user: 'system', password: '' }, agents: {} }

interface PodSpec {
  automountServiceAccountToken?: boolean
  serviceAccountName?: string
  volumes?: object[]
  containers: { args: string[]; env?: object[]; securityContext: Record<string, unknown> }[]
}

describeUnless(whyNoServers(), 'the chart, with a real helm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-chart-'))
  let helm: Helm
  let objects: RenderedObject[]

  const find = (list: readonly RenderedObject[], kind: string, name?: string): RenderedObject => {
    const found = list.find((object) => object.kind === kind && (name === undefined || object.metadata.name === name))
    if (found === undefined) throw new Error(`expected a ${kind} in the rendered chart, got none`)
    return found
  }
  const podOf = (kind: string, list = objects, name?: string): PodSpec =>
    (find(list, kind, name)['spec'] as { template: { spec: PodSpec } }).template.spec
  const parse = <F extends Flags>(flags: F, kind: string, list = objects, name?: string): ParsedFlags<F> => {
    const args = (podOf(kind, list, name).containers[0]?.args ?? []).slice(1)
    const filled = args.map((arg) => arg.replace('$(NODE_NAME)', 'node.a').replace('$(POD_IP)', '10.0.0.7'))
    return parseFlags('test', flags, filled, {})
  }
  const natsConfig = (list = objects): string =>
    (find(list, 'ConfigMap')['data'] as Record<string, string>)['nats.conf'] ?? ''

  beforeAll(async () => {
    helm = await ensureHelm(folder)
    objects = await renderChart(helm)
  }, 1_800_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('passes helm lint', async () => {
    await expect(helm(['lint', '--strict', CHART_FOLDER])).resolves.toContain('0 chart(s) failed')
  })

  it('has the version of the programs it installs', () => {
    const chart = load(readFileSync(join(CHART_FOLDER, 'Chart.yaml'), 'utf8'))
    expect(chart).toMatchObject({ version: VERSION, appVersion: VERSION })
  })

  it('starts the agent with flags that the agent takes', () => {
    expect(parse(agentFlags, 'DaemonSet')).toMatchObject({
      kind: 'values',
      values: {
        node: 'node.a',
        natsUrl: 'tls://oomkeeper-nats.oomkeeper.svc:4222',
        natsCaFile: '/run/nats/ca.crt',
        natsTokenFile: '/run/nats/token',
        listen: { host: '10.0.0.7', port: 9464 },
        mode: 'full',
        spoolMaxBytes: 256 * 1024 ** 2,
        cgroupRoot: '/host/cgroup',
      },
    })
  })

  it('starts the operator with flags that the operator takes', () => {
    expect(parse(operatorFlags, 'Deployment')).toMatchObject({
      kind: 'values',
      values: {
        natsCaFile: '/run/nats/ca.crt',
        natsSeedFile: '/run/nats/operator-seed',
        calloutSeedFile: '/run/nats/callout-seed',
        issuerSeedFile: '/run/nats/issuer-seed',
        agentServiceAccount: { namespace: 'oomkeeper', name: podOf('DaemonSet').serviceAccountName },
        loginAddress: 'pod',
        streamMaxBytes: 1024 ** 3,
        listen: { host: '10.0.0.7', port: 9465 },
        leaderElect: true,
        leaseName: 'oomkeeper-operator',
      },
    })
  })

  it('gives the scores back before it is uninstalled, by flags that the program takes, and leaves nothing of that', () => {
    expect(parse(restoreFlags, 'Job', objects, 'oomkeeper-uninstall')).toMatchObject({
      kind: 'values',
      values: {
        namespace: 'oomkeeper',
        deployment: 'oomkeeper-operator',
        natsCaFile: '/run/nats/ca.crt',
        natsSeedFile: '/run/nats/operator-seed',
        wait: 60,
      },
    })
    const [{ projected: { sources = [] } = {} } = {}] = (podOf('Job', objects, 'oomkeeper-uninstall').volumes ??
      []) as {
      projected?: { sources: { secret: object }[] }
    }[]
    expect(sources).toHaveLength(2)
    // An install that came to no keys can be taken away, too.
    for (const { secret } of sources) expect(secret).toMatchObject({ name: 'oomkeeper-nats', optional: true })
    const hooks = objects.filter(({ metadata }) => metadata.name === 'oomkeeper-uninstall')
    expect(hooks).toHaveLength(6)
    for (const { metadata } of hooks) {
      expect(metadata.annotations).toMatchObject({
        'helm.sh/hook': 'pre-delete',
        'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded',
      })
    }
  })

  it('makes the keys of NATS before it is installed or upgraded, by flags that the program takes, with rights to that Secret', () => {
    expect(parse(keysFlags, 'Job', objects, 'oomkeeper-keys')).toMatchObject({
      kind: 'values',
      values: {
        namespace: 'oomkeeper',
        secret: 'oomkeeper-nats',
        auth: 'callout',
        tlsNames: expect.arrayContaining(['oomkeeper-nats.oomkeeper.svc']),
      },
    })
    const hooks = objects.filter(({ metadata }) => metadata.name === 'oomkeeper-keys')
    expect(hooks.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'Role', 'RoleBinding', 'Job'])
    for (const { metadata } of hooks)
      expect(metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' })
    expect(find(hooks, 'Role')['rules']).toEqual([
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['oomkeeper-nats'], verbs: ['get', 'patch'] },
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    ])
  })

  it('has nothing secret in it, and is the same each time', async () => {
    expect(objects.map(({ kind }) => kind)).not.toContain('Secret')
    expect(await renderChart(helm)).toEqual(objects)
  })

  it('gives the agent a token for NATS and nothing else, of an account without any right', () => {
    const { serviceAccountName, volumes } = podOf('DaemonSet')
    expect(serviceAccountName).toBe('oomkeeper-agent')
    expect(find(objects, 'ServiceAccount', serviceAccountName)).toMatchObject({ automountServiceAccountToken: false })
    const token = { audience: TOKEN_AUDIENCE, expirationSeconds: 3600, path: 'token' }
    expect(volumes?.filter((volume) => !('hostPath' in volume))).toEqual([
      {
        name: 'nats',
        projected: {
          defaultMode: 0o440,
          sources: [
            { serviceAccountToken: token },
            { secret: { name: 'oomkeeper-nats', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
          ],
        },
      },
    ])
    const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding'))
    expect(JSON.stringify(bindings)).not.toContain('oomkeeper-agent')
  })

  it('with nats.auth=token has a password each, says what that is worth, and asks no right to look at tokens', async () => {
    const simple = await renderChart(helm, ['nats.auth=token'])
    expect(parse(agentFlags, 'DaemonSet', simple)).toMatchObject({
      kind: 'values',
      values: { natsUser: 'agent', natsPasswordFile: '/run/nats/agent-password' },
    })
    expect(parse(operatorFlags, 'Deployment', simple)).toMatchObject({
      kind: 'values',
      values: { natsUser: 'operator', natsPasswordFile: '/run/nats/operator-password' },
    })
    expect(JSON.stringify(find(simple, 'ClusterRole', 'oomkeeper-operator'))).not.toContain('tokenreviews')
    expect(parse(keysFlags, 'Job', simple, 'oomkeeper-keys')).toMatchObject({ values: { auth: 'token' } })
  })

  it('gives a Kubernetes token to the operator and to the hooks only', () => {
    expect(podOf('DaemonSet').automountServiceAccountToken).toBe(false)
    expect(podOf('StatefulSet').automountServiceAccountToken).toBe(false)
    expect(podOf('Deployment')).toMatchObject({ serviceAccountName: 'oomkeeper-operator' })
  })

  it('gives every container a root file system that cannot be written, and root to the agent only', () => {
    for (const kind of ['DaemonSet', 'Deployment', 'StatefulSet', 'Job']) {
      expect(podOf(kind).containers[0]?.securityContext).toMatchObject({ readOnlyRootFilesystem: true })
    }
    for (const kind of ['Deployment', 'StatefulSet', 'Job']) {
      expect(podOf(kind)).toMatchObject({ securityContext: { runAsNonRoot: true } })
    }
  })

  it('gives the operator the rights of docs/operating.md and no others', () => {
    const docs = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8')
    const rows = docs.matchAll(
      /^\| (core|apps|authentication\.k8s\.io|batch|events\.k8s\.io|node\.k8s\.io|oomkeeper\.io) +\| ([a-z, /]+?) +\| ([a-z, ]+?) +\|$/gm,
    )
    const written = Array.from(rows, ([, group = '', resources = '', verbs = '']) => ({
      apiGroups: [group === 'core' ? '' : group],
      resources: resources.split(', '),
      verbs: verbs.split(', '),
    }))
    expect(find(objects, 'ClusterRole', 'oomkeeper-operator')['rules']).toEqual(written)
  })

  it('runs two operators and lets them have their lease, and no drain end both', () => {
    expect(find(objects, 'Deployment')['spec']).toMatchObject({ replicas: 2 })
    expect(find(objects, 'PodDisruptionBudget')['spec']).toMatchObject({ maxUnavailable: 1 })
    const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] }
    const role = objects.find(({ kind, metadata }) => kind === 'Role' && metadata.name === 'oomkeeper-operator')
    expect(role?.['rules']).toEqual([
      { ...leases, resourceNames: ['oomkeeper-operator'], verbs: ['get', 'patch'] },
      { ...leases, verbs: ['create'] },
    ])
  })

  it('lets no program wait long for a DNS that is silent: it could not end before', () => {
    for (const kind of ['DaemonSet', 'Deployment', 'Job']) {
      const options = [
        { name: 'timeout', value: '1' },
        { name: 'attempts', value: '2' },
      ]
      expect(podOf(kind)).toMatchObject({ dnsConfig: { options } })
    }
  })

  it('brings monitoring where it is asked for, with the labels that are asked for', async () => {
    const kinds = ['PodMonitor', 'PrometheusRule']
    expect(objects.filter(({ kind }) => kinds.includes(kind))).toEqual([])
    const switches = ['podMonitor', 'prometheusRule', 'grafanaDashboard'].map((name) => `${name}.enabled=true`)
    const monitored = await renderChart(helm, [...switches, 'prometheusRule.labels.release=kube-prometheus'])
    const rule = find(monitored, 'PrometheusRule')
    expect(rule.metadata).toMatchObject({ labels: { release: 'kube-prometheus' } })
    const file = (name: string): string => readFileSync(new URL(`../../dashboards/${name}`, import.meta.url), 'utf8')
    expect(rule['spec']).toEqual(load(file('alerts.yaml')))
    expect(find(monitored, 'PodMonitor')['spec']).toMatchObject({ podMetricsEndpoints: [{ port: 'health' }] })
    expect(podOf('Deployment', monitored).containers).toMatchObject([{ ports: [{ name: 'health' }] }])
    const elsewhere = await renderChart(helm, [...switches, 'prometheusRule.runbookUrl=https://wiki.example/oom?a=$1'])
    const annotations = JSON.stringify(find(elsewhere, 'PrometheusRule')['spec']).match(/"runbook_url":"[^"]*"/g) ?? []
    expect(annotations).toContain('"runbook_url":"https://wiki.example/oom?a=$1#oomnobodyleads"')
    expect(annotations.filter((url) => !url.includes('https://wiki.example/oom?a=$1#oom'))).toEqual([])
    const dashboard = monitored.find(({ metadata }) => metadata.name === 'oomkeeper-dashboard')
    expect(dashboard).toMatchObject({
      kind: 'ConfigMap',
      metadata: { labels: { grafana_dashboard: '1' } },
      data: { 'oomkeeper.json': file('oomkeeper.json') },
    })
  })

  it('keeps the kinds when it is uninstalled', () => {
    const kinds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition')
    expect(kinds.map(({ metadata }) => metadata.name).sort()).toEqual(
      expect.arrayContaining(['nodeoomreports.oomkeeper.io', 'oomreports.oomkeeper.io']),
    )
    for (const { metadata } of kinds) expect(metadata.annotations?.['helm.sh/resource-policy']).toBe('keep')
  })

  it('gives NATS the accounts of the test cluster, and asks the operator about everybody else', () => {
    const expected = renderNatsConfig({
      serverName: 'oomkeeper',
      listen: { host: '0.0.0.0', port: 4222, monitorPort: 8222 },
      storeFolder: '/data',
      users: NOBODY,
      callout: { issuer: '$ISSUER_PUBLIC', callout: '$CALLOUT_PUBLIC', operator: '$OPERATOR_PUBLIC' },
    })
      .replaceAll(/"(\$\w+_PUBLIC)"/g, '$1')
      .replace(/\n *users: \[ \{ user: "system".*/, '') // Nobody needs the system account here.
      .replace('max_file_store: 8GB', 'max_file_store: 3GB')
    expect(natsConfig().replace(TLS_BLOCK, '')).toBe(expected)
  })

  it('with nats.auth=token gives it two accounts, with one user for the agents of all nodes', async () => {
    const expected = renderNatsConfig({
      serverName: 'oomkeeper',
      listen: { host: '0.0.0.0', port: 4222, monitorPort: 8222 },
      storeFolder: '/data',
      users: {
        operator: { user: 'operator', password: '$OPERATOR_PASSWORD' },
        system: { user: 'system', password: '' },
        agents: { '*': { user: 'agent', password: '$AGENT_PASSWORD' } },
      },
    })
      .replaceAll(/"(\$\w+_PASSWORD)"/g, '$1')
      .replace(/\n *users: \[ \{ user: "system".*/, '') // Nobody needs the system account here.
      .replace('max_file_store: 8GB', 'max_file_store: 3GB')
      .replace(/,"[^"]*\._lease"/, '') // Who may read every node's key may read this one.
    expect(natsConfig(await renderChart(helm, ['nats.auth=token', 'nats.tls.enabled=false']))).toBe(expected)
  })

  it.each(AUTH_MODES)(
    'makes a NATS configuration for %s that a real nats-server takes, with the keys it makes',
    async (auth) => {
      const rendered = await renderChart(helm, [`nats.auth=${auth}`])
      const file = join(folder, `nats-${auth}.conf`)
      const config = natsConfig(rendered).replace('"/data"', JSON.stringify(join(folder, 'data')))
      writeFileSync(file, config.replaceAll('/etc/nats-tls/', `${folder}/`))
      const made = planKeys(auth, {}, randomBytes)
      const certificate = await makeServerCertificate({}, ['oomkeeper-nats.oomkeeper.svc'], new Date())
      for (const [name, pem] of Object.entries(certificate)) writeFileSync(join(folder, name), pem)
      type Variable = { name: string; valueFrom?: { secretKeyRef: { key: string } } }
      const variables = (podOf('StatefulSet', rendered).containers[0]?.env ?? []) as Variable[]
      const env = Object.fromEntries(
        variables.flatMap(({ name, valueFrom }) =>
          valueFrom === undefined ? [] : [[name, made[valueFrom.secretKeyRef.key] ?? '']],
        ),
      )
      expect(Object.keys(env)).toHaveLength(auth === 'callout' ? 3 : 2)
      const server = join(await ensureBuilt(NATS, () => {}), 'nats-server')
      await runCommand([server, '-t', '-c', file], { env })
    },
  )

  it('with an external NATS has no server, no passwords of its own, and the given URL', async () => {
    const external = await renderChart(helm, EXTERNAL)
    const kinds = external.map(({ kind }) => kind)
    for (const kind of ['StatefulSet', 'Secret', 'ConfigMap', 'Service']) expect(kinds).not.toContain(kind)
    for (const kind of ['DaemonSet', 'Deployment']) {
      expect(podOf(kind, external).containers[0]?.args).toContain('--nats-url=nats://nats.example:4222')
    }
    expect(JSON.stringify(podOf('Deployment', external))).toContain('"name":"keys-of-mine"')
  })

  it.each([
    ['nats.externalUrl=http://nats:4222', "at '/nats/externalUrl'"],
    ['agent.logLevel=loud', "at '/agent/logLevel': value must be one of 'trace', 'debug'"],
    ['agent.spoolMaxBytes=5', 'agent.spoolMaxBytes: expected at least 1048576 (1 MiB), got 5'],
    ['operator.streamMaxBytes=5', 'operator.streamMaxBytes: expected at least 1048576 (1 MiB), got 5'],
    ['agent.stateDir=/x', "at '/agent': additional properties 'stateDir' not allowed"],
    ['nats.auth=none', "at '/nats/auth': value must be one of 'callout', 'token'"],
    ['nats.externalUrl=nats://nats:4222', 'expected nats.existingSecret too'],
  ])('refuses %s in words', async (value, words) => {
    await expect(renderChart(helm, [value])).rejects.toThrow(words)
  })

  describe('and a real kube-apiserver', () => {
    let server: PrivateApiserver
    beforeAll(async () => {
      server = await startApiserver({ log: () => {} })
      await server.kubectl(['create', 'namespace', 'oomkeeper'])
    }, 1_800_000)
    afterAll(async () => server?.dispose())

    it.each([
      ['of its own', []],
      ['outside', EXTERNAL],
      ['of its own, with passwords', ['nats.auth=token']],
    ])('is accepted with a NATS %s', async (_where, values) => {
      const items = await renderChart(helm, values)
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
      const dryRun = ['apply', '--dry-run=server', '--validate=strict', '--namespace=oomkeeper', '--filename=-']
      const said = await server.kubectl(dryRun, { stdin: list })
      expect(said.trim().split('\n')).toHaveLength(items.length)
    })

    it('has its monitoring taken by the kinds of the Prometheus operator, as it is rendered', async () => {
      for (const file of await ensurePrometheusKinds()) {
        await server.kubectl(['apply', '--server-side', `--filename=${file}`])
      }
      const kinds = ['podmonitors', 'prometheusrules'].map((kind) => `crd/${kind}.monitoring.coreos.com`)
      await server.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...kinds])
      const switches = ['podMonitor.enabled=true', 'prometheusRule.enabled=true']
      const rendered = await renderChart(helm, [...switches, 'podMonitor.labels.release=kube-prometheus'])
      const items = rendered.filter(({ kind }) => ['PodMonitor', 'PrometheusRule'].includes(kind))
      const apply = ['apply', '--validate=strict', '--namespace=oomkeeper', '--filename=-']
      const list = (objects: readonly object[]) => ({
        stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
      })
      await server.kubectl(apply, list(items))
      for (const { kind, metadata, spec } of items) {
        const stored = await server.kubectl(['get', kind, metadata.name, '--namespace=oomkeeper', '--output=json'])
        // Nothing was pruned: the kind knows every field.
        expect((JSON.parse(stored) as RenderedObject)['spec']).toEqual(spec)
      }
      // It is checked at all: a field that the kind does not know, and a value that it does not take, are refused.
      const monitor = find(items, 'PodMonitor')
      const changed = (changes: object) => list([{ ...monitor, spec: { ...(monitor['spec'] as object), ...changes } }])
      await expect(server.kubectl(apply, changed({ podMetricEndpoints: [] }))).rejects.toThrow(/unknown field/)
      await expect(
        server.kubectl(apply, changed({ podMetricsEndpoints: [{ port: 'health', interval: 'soon' }] })),
      ).rejects.toThrow(/interval/)
    }, 1_800_000)

    it('keeps its keys over an upgrade, those of a chart before it too, and the kinds over an uninstall', async () => {
      const install = await ensureHelm(folder, server.kubeconfig)
      // No controller is here that would run the hooks' Jobs: their program is run as it would be.
      const upgrade = ['upgrade', '--install', 'oomkeeper', CHART_FOLDER, '--namespace=oomkeeper', '--no-hooks']
      const makeKeys = async (): Promise<string> => {
        const args = podOf('Job', objects, 'oomkeeper-keys').containers[0]?.args.slice(1) ?? []
        const program = new Program('keys', [...args, '--kubeconfig', server.kubeconfig])
        expect(await program.ended).toEqual({ code: 0, signal: null })
        return program.log
      }
      const secret = async (): Promise<Record<string, string>> => {
        const get = ['get', 'secret', 'oomkeeper-nats', '--namespace=oomkeeper', '--output=jsonpath={.data}']
        return JSON.parse(await server.kubectl(get)) as Record<string, string>
      }
      // As the chart had it as a template: Helm would take it away, were it not for what the program notes on it.
      const before = join(folder, 'before')
      cpSync(CHART_FOLDER, before, { recursive: true })
      const template =
        'kind: Secret\napiVersion: v1\nmetadata: { name: oomkeeper-nats }\ndata: { agent-password: cDE= }\n'
      writeFileSync(join(before, 'templates/nats-secret.yaml'), template)
      await install(['install', 'oomkeeper', before, '--namespace=oomkeeper', '--no-hooks'])
      expect(await makeKeys()).toContain('keys made')
      const first = await secret()
      expect(Object.keys(first)).toHaveLength(11)
      await install(upgrade)
      expect(await secret()).toEqual(first)
      expect(await makeKeys()).toContain('every key is there')
      await install(upgrade)
      expect(await secret()).toEqual(first)
      // No controller is here that would run the hook's Job.
      await install(['uninstall', 'oomkeeper', '--namespace=oomkeeper', '--no-hooks'])
      await expect(server.kubectl(['get', 'crd', 'oomreports.oomkeeper.io'])).resolves.toContain('oomreports')
    }, 60_000)

    it('leaves its pods no account that is gone, rolled back to a chart that gave them none', async () => {
      const install = await ensureHelm(folder, server.kubeconfig)
      const flags = ['--namespace=oomkeeper', '--no-hooks']
      const before = join(folder, 'without-accounts')
      cpSync(CHART_FOLDER, before, { recursive: true })
      for (const name of ['nats.yaml', 'agent.yaml']) {
        const file = join(before, 'templates', name)
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/^ +serviceAccount(?:Name)?: .*\n/gm, ''))
      }
      const accounts = async (): Promise<string> => {
        const field = '--output=jsonpath={.items[*].spec.template.spec.serviceAccountName}'
        return server.kubectl(['get', 'statefulset,daemonset', '--namespace=oomkeeper', field])
      }
      await install(['install', 'oomkeeper', before, ...flags])
      expect(await accounts()).toBe('')
      await install(['upgrade', 'oomkeeper', CHART_FOLDER, ...flags])
      expect((await accounts()).split(' ').toSorted()).toEqual(['oomkeeper-agent', 'oomkeeper-nats'])
      await install(['rollback', 'oomkeeper', ...flags])
      expect(await accounts()).toBe('')
      await install(['uninstall', 'oomkeeper', ...flags])
    }, 60_000)
  })
})
