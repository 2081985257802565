import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { auditStreamPlan, rejectStreamPlan, statusStreamPlan } from '../../operator/runtime/streamPlan.ts'
import { VERSION } from '../../program/version.ts'
import { whyNoServers } from '../cluster/host/requirements.ts'
import { startApiserver, type PrivateApiserver } from '../cluster/privateServers.ts'
import { CHART_SWITCHES } from '../support/chartSwitches.ts'
import { CHART_FOLDER, ensureHelm, renderChart, type Helm, type RenderedObject } from '../support/helm.ts'
import { describeUnless } from '../support/leftOut.ts'
import { mayConnect, type Labels, type NetworkPolicy } from '../support/networkPolicies.ts'
import { ensurePrometheusKinds } from '../support/prometheusKinds.ts'
import { applyCrds } from '../support/stack.ts'

type ById = ReadonlyMap<string, RenderedObject>

describeUnless(whyNoServers(), 'each value of the chart, with a real helm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-chart-'))
  /** All that any value renders, each object once: what the apiserver is asked about. */
  const seen = new Map<string, RenderedObject>()
  let helm: Helm
  let usual: ById

  const render = async (values: readonly string[]): Promise<ById> => {
    const objects = await renderChart(helm, values)
    for (const object of objects) seen.set(jsonOf(object), object)
    return new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]))
  }

  beforeAll(async () => {
    helm = await ensureHelm(folder)
    usual = await render([])
  }, 1_800_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(CHART_SWITCHES.map((change) => [change.set.join(' '), change] as const))(
    '%s',
    async (_values, { set, adds = [], takes = [], shows = [], hides = [] }) => {
      const objects = await render(set)
      expect([...objects.keys()].filter((id) => !usual.has(id)).sort()).toEqual([...adds].sort())
      expect([...usual.keys()].filter((id) => !objects.has(id)).sort()).toEqual([...takes].sort())
      for (const [id, text] of shows) {
        expect(`${id} ${jsonOf(objects.get(id))}`).toContain(text)
        expect(`${id} ${jsonOf(usual.get(id))}`).not.toContain(text)
      }
      for (const [id, text] of hides) {
        expect(`${id} ${jsonOf(objects.get(id))}`).not.toContain(text)
        expect(`${id} ${jsonOf(usual.get(id))}`).toContain(text)
      }
    },
  )

  it('is looked at, every one that values.yaml has', () => {
    const values = load(readFileSync(join(CHART_FOLDER, 'values.yaml'), 'utf8')) as object
    const set = CHART_SWITCHES.flatMap(({ set: list }) => list.map((value) => value.replace(/=.*/s, '')))
    const isSet = (path: string): boolean => set.some((value) => new RegExp(`^${path}(?![a-zA-Z])`).test(value))
    expect(leavesOf(values).filter((path) => !isSet(path) && !/^(name|fullname)Override$/.test(path))).toEqual([])
  })

  it('names everything otherwise with nameOverride and fullnameOverride', async () => {
    const names = async (value: string): Promise<string[]> => {
      const objects = await render([value, 'crds.install=false'])
      return [...objects.values()]
        .map(({ metadata }) => metadata.name)
        .filter((name) => !/^(oomkeeper-)?kills/.test(name))
    }
    await expect(names('fullnameOverride=kills')).resolves.toEqual([])
    await expect(names('nameOverride=kills')).resolves.toEqual([])
  })

  it.each([
    ['1.31.9', /^.*chart requires kubeVersion: >=1\.32\.0-0 which is incompatible with Kubernetes v1\.31\.9/s],
    ['1.32.0', undefined],
    ['1.33.1-gke.100', undefined],
  ])('is for a Kubernetes that tells nodes by tokens: %s', async (version, refusal) => {
    const rendered = helm(['template', 'oomkeeper', CHART_FOLDER, '--kube-version', version])
    if (refusal === undefined) await expect(rendered).resolves.toContain('kind: DaemonSet')
    else await expect(rendered).rejects.toThrow(refusal)
  })

  it('is a part of another chart, by a condition there too', async () => {
    const around = join(folder, 'around')
    cpSync(CHART_FOLDER, join(around, 'charts/oomkeeper'), { recursive: true })
    const dependency = { name: 'oomkeeper', version: VERSION, condition: 'oomkeeper.enabled' }
    const chart = { apiVersion: 'v2', name: 'around', version: '1.0.0', dependencies: [dependency] }
    writeFileSync(join(around, 'Chart.yaml'), JSON.stringify(chart))
    await expect(renderChart(helm, ['oomkeeper.enabled=false'], { chart: around })).resolves.toEqual([])
    const part = await renderChart(helm, ['oomkeeper.enabled=true', 'global.theirs=1'], { chart: around })
    expect(part).toHaveLength(usual.size)
    await expect(renderChart(helm, ['oomkeeper.enabled=1'], { chart: around })).rejects.toThrow('got number')
  })

  it.each([
    ['image.digest=latest', "at '/image/digest': 'latest' does not match pattern '^$|^sha256:"],
    ['imagePullSecrets[0].nam=x', "at '/imagePullSecrets/0': missing property 'name'"],
    ['global.imageRegistry=https://registry.example', "at '/global/imageRegistry'"],
    ['fullnameOverride=Foo_Bar', "at '/fullnameOverride': 'Foo_Bar' does not match pattern"],
    [`fullnameOverride=${'a'.repeat(47)}`, "at '/fullnameOverride': maxLength: got 47, want 46"],
    ['nameOverride=Foo_Bar', "at '/nameOverride': 'Foo_Bar' does not match pattern"],
    ['agent.maxUnavailable=0', "at '/agent/maxUnavailable': minimum: got 0, want 1"],
    ['agent.tolerations[0].keys=a', "at '/agent/tolerations/0': additional properties 'keys' not allowed"],
    ['networkPolicy.natsFrom[0].pods=a', "at '/networkPolicy/natsFrom/0': additional properties 'pods' not allowed"],
    ['nats.externalUrl=nats://me:secret@nats,nats.existingSecret=s', "at '/nats/externalUrl'"],
    ['agent.seLinuxOptions.type=spc_t', 'agent.seLinuxOptions: expected agent.privileged=false with it'],
    ['agent.appArmorProfile.type=Unconfined', 'agent.appArmorProfile: expected agent.privileged=false with it'],
    ['nats.tls.enabled=false,nats.tls.existingSecret=s', 'expected nats.tls.enabled=true with it, got false'],
    ['nats.auth=token,nats.agentUser=operator', 'nats.operatorUser: expected another one than nats.agentUser'],
    ['nats.maxFileStore=4GB', 'nats.maxFileStore: expected less than nats.persistence.size=4Gi'],
    ['nats.resources.limits.memory=much', 'expected a size as 512Mi, got much'],
    ['podLabels.app\\.kubernetes\\.io/name=x', "invalid propertyName 'app.kubernetes.io/name'"],
    ['nats.replicas=2', "at '/nats/replicas': value must be one of 1, 3"],
    ['networkPolicy.apiserverPorts={0}', "at '/networkPolicy/apiserverPorts/0': minimum: got 0, want 1"],
    ['networkPolicy.enable=true', "at '/networkPolicy': additional properties 'enable' not allowed"],
    ['operator.replicas=two', "at '/operator/replicas': got string, want integer"],
    ['podMonitor.enabled=true,serviceMonitor.enabled=true', 'every figure would be there twice'],
  ])('is refused in words: %s', async (value, words) => {
    await expect(renderChart(helm, [value])).rejects.toThrow(words)
  })

  it('leaves the other streams their place in the store of NATS', async () => {
    const others = [rejectStreamPlan, statusStreamPlan, auditStreamPlan].reduce((sum, plan) => sum + plan.max_bytes, 0)
    const most = 3 * 1024 ** 3 - others
    await expect(renderChart(helm, [`operator.streamMaxBytes=${most}`])).resolves.toHaveLength(usual.size)
    const words = `operator.streamMaxBytes: expected at most ${most}, which nats.maxFileStore=3GB leaves beside the other streams' ${others / 1024 ** 2} MiB`
    await expect(renderChart(helm, [`operator.streamMaxBytes=${most + 1}`])).rejects.toThrow(words)
  })

  it('keeps a mesh from the pods that have to end', () => {
    const leftAlone = Array.from(usual).filter(([, object]) =>
      jsonOf(object).includes('"sidecar.istio.io/inject":"false"'),
    )
    expect(leftAlone.map(([id]) => id).sort()).toEqual([
      'Job/oomkeeper-keys',
      'Job/oomkeeper-uninstall',
      'Pod/oomkeeper-test',
    ])
    for (const [, object] of leftAlone) expect(jsonOf(object)).toContain('"linkerd.io/inject":"disabled"')
  })

  it.each(['1st', 'a.b'])('is refused in words for a release called %s: Services are named by it', async (release) => {
    await expect(renderChart(helm, [], { release })).rejects.toThrow(`a letter first, since Services are named by it`)
    await expect(renderChart(helm, ['fullnameOverride=kills'], { release })).resolves.toHaveLength(usual.size)
  })

  it.each([
    [
      '',
      'helm test oomkeeper -n oomkeeper',
      'kubectl get oomreports -A',
      'data-oomkeeper-nats-0\n',
      'podMonitor.enabled',
      'kubectl label --overwrite namespace oomkeeper',
      'kubectl delete statefulset,pvc -n oomkeeper',
      'The agents are privileged.',
    ],
    [
      'agent.privileged=false,agent.kmsgDevice=d.example/kmsg',
      'The agents use folders of the node.',
      'waits for a device plugin that offers d.example/kmsg on its node',
    ],
    ['nats.auth=token', 'It is for\n  trying out'],
    [
      'nats.externalUrl=nats://mine:4222,nats.existingSecret=s',
      'NATS is yours, at nats://mine:4222',
      'nats.externalUrl is no tls://',
    ],
    ['nats.replicas=3', 'data-oomkeeper-nats-0 data-oomkeeper-nats-1 data-oomkeeper-nats-2'],
    ['nats.persistence.enabled=false', 'go with the pod of NATS'],
    ['nats.tls.enabled=false', 'can be read on the network'],
    ['fullnameOverride=kills', '--clusterrole=kills-policies', 'daemonset/kills-agent'],
  ])('tells the next commands of a setup: %s', async (value, ...sentences) => {
    const args = ['install', 'oomkeeper', CHART_FOLDER, '--namespace=oomkeeper', '--dry-run=client']
    const notes = (await helm([...args, '--set', value])).split('\nNOTES:\n')[1]
    for (const sentence of sentences) expect(notes).toContain(sentence)
  })

  it('lets through, with NetworkPolicies, each connection that its parts make, and nobody else to NATS', async () => {
    const policies = [...(await render(['networkPolicy.enabled=true', 'nats.replicas=3'])).values()]
    const pod = (component: string): Labels => ({
      'app.kubernetes.io/name': 'oomkeeper',
      'app.kubernetes.io/instance': 'oomkeeper',
      'app.kubernetes.io/component': component,
    })
    const may = (from: Labels | 'outside', to: Labels | 'outside', port: number): boolean =>
      mayConnect(policies as unknown as NetworkPolicy[], from, to, port)
    const [agent, operator, nats, keys, uninstall, test] = [
      'agent',
      'operator',
      'nats',
      'keys',
      'uninstall',
      'test',
    ].map(pod) as [Labels, Labels, Labels, Labels, Labels, Labels]
    for (const from of [agent, operator, uninstall]) expect(may(from, nats, 4222)).toBe(true)
    for (const from of [operator, uninstall, keys, test]) expect(may(from, 'outside', 443)).toBe(true)
    for (const from of [agent, operator, uninstall, keys, nats]) expect(may(from, 'outside', 53)).toBe(true)
    expect(may(nats, nats, 6222)).toBe(true)
    for (const to of [agent, operator]) expect(may('outside', to, to === agent ? 9464 : 9465)).toBe(true)
    const stranger = { ...pod('agent'), 'app.kubernetes.io/instance': 'other' }
    for (const from of [stranger, keys, test, 'outside'] as const) expect(may(from, nats, 4222)).toBe(false)
    for (const from of [agent, operator, 'outside'] as const) expect(may(from, nats, 6222)).toBe(false)
    expect(may(agent, 'outside', 443)).toBe(false)
    expect(may(nats, 'outside', 443)).toBe(false)
  })

  describe('and a real kube-apiserver', () => {
    let server: PrivateApiserver
    beforeAll(async () => {
      server = await startApiserver({ log: () => {} })
      await server.kubectl(['create', 'namespace', 'oomkeeper'])
      for (const file of await ensurePrometheusKinds()) {
        await server.kubectl(['apply', '--server-side', `--filename=${file}`])
      }
      await server.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all'])
    }, 1_800_000)
    afterAll(async () => server?.dispose())

    it('has every object of each taken', async () => {
      const items = [...seen.values()]
      expect(items.length).toBeGreaterThan(usual.size + CHART_SWITCHES.length)
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
      const dryRun = ['apply', '--dry-run=server', '--validate=strict', '--namespace=oomkeeper', '--filename=-']
      const said = await server.kubectl(dryRun, { stdin: list })
      expect(said.trim().split('\n')).toHaveLength(items.length)
    }, 120_000)

    it('lets people do with reports and policies what their role is for, and no more', async () => {
      const items = [...usual.values()].filter(({ metadata }) => /^oomkeeper-(view|edit|policies)$/.test(metadata.name))
      await server.kubectl(['apply', '--filename=-'], {
        stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
      })
      await applyCrds(server.kubectl)
      const bind = (kind: string, user: string, role: string): Promise<string> =>
        server.kubectl(['create', kind, user, `--clusterrole=oomkeeper-${role}`, `--user=${user}`, '-n', 'oomkeeper'])
      await bind('rolebinding', 'viewer', 'view')
      await bind('rolebinding', 'editor', 'edit')
      await bind('clusterrolebinding', 'watcher', 'view')
      await bind('clusterrolebinding', 'planner', 'policies')
      const can = async (user: string, verb: string, kind: string, namespace = 'oomkeeper'): Promise<boolean> => {
        // Asked in a namespace, a right to what is in none would be the namespace's.
        const where = kind === 'oomreports' ? `--namespace=${namespace}` : '--all-namespaces'
        const args = ['auth', 'can-i', verb, `${kind}.oomkeeper.io`, `--as=${user}`, where]
        return (await server.kubectl(args).catch((error: Error) => error.message)).startsWith('yes')
      }
      const granted = async (user: string): Promise<string[]> => {
        const found: string[] = []
        for (const kind of ['oomreports', 'nodeoomreports', 'oompolicies'])
          for (const verb of ['list', 'create', 'update', 'delete'])
            if (await can(user, verb, kind)) found.push(`${verb} ${kind}`)
        return found
      }
      await expect(granted('viewer')).resolves.toEqual(['list oomreports'])
      await expect(can('viewer', 'list', 'oomreports', 'default')).resolves.toBe(false)
      await expect(granted('editor')).resolves.toEqual(['delete oomreports'])
      await expect(granted('watcher')).resolves.toEqual(['list oomreports', 'list nodeoomreports', 'list oompolicies'])
      await expect(granted('planner')).resolves.toEqual(
        ['list', 'create', 'update', 'delete'].map((verb) => `${verb} oompolicies`),
      )
    }, 120_000)
  })
})

/** With the keys of each object in order, as one writes them in a table. */
function jsonOf(value: unknown): string {
  const ordered = (_key: string, part: unknown): unknown =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part
  return JSON.stringify(value ?? null, ordered)
}

/** `a.b.c` of each value that is no object of others; an empty object and a list are one value. */
function leavesOf(value: object, path = ''): string[] {
  return Object.entries(value).flatMap(([name, part]) => {
    const here = path === '' ? name : `${path}.${name}`
    const isInner = typeof part === 'object' && part !== null && !Array.isArray(part) && Object.keys(part).length > 0
    return isInner && !/(nodeSelector|resources|labels)$/i.test(here) ? leavesOf(part as object, here) : [here]
  })
}
