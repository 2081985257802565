import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { parseKmsgRecord } from '../../kernel/kmsg/record.ts'
import { operatorSettings } from '../../operator/api/operatorSettings.ts'
import { nodeReportPage, reportPage, storedKill } from '../../operator/http/answers.ts'
import { ensureBuilt } from '../cluster/build/ensureBuilt.ts'
import { KUBERNETES } from '../cluster/build/goModule.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { readRecording } from '../support/recording.ts'
import { applyCrds, untilReady, type OperatorProcess } from '../support/stack.ts'
import { inPod, OperatorWorld } from './operatorWorld.ts'

const plugin = resolve(import.meta.dirname, '../../bin/kubectl-oom')
/** Any control character but a line's end. */
const CONTROL = /[^\P{Cc}\n]/u

/** Flags of the operator that are not as by default. */
const GUARDED = { OOMKEEPER_PROTECTED_MEMORY_PERCENT: '40' }

let world: OperatorWorld
let operator: OperatorProcess
/** A folder with a kubectl whose `port-forward` leads to the operator: kubectl itself needs a kubelet for that. */
let bin: string
let kubectl: string
let report: string
let pod: Awaited<ReturnType<OperatorWorld['makePod']>>

interface Said {
  code: number | null
  stdout: string
  stderr: string
}

function start(
  args: readonly string[],
  options: { cwd?: string } = {},
): { child: ChildProcess; said: Said; done: Promise<Said> } {
  const env = { PATH: [bin, process.env['PATH']].join(delimiter), KUBECONFIG: world.api.kubeconfig, HOME: world.folder }
  const child = spawn(plugin, [...args], { env, ...options })
  const said: Said = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  const done = once(child, 'close').then(([code]) => ({ ...said, code: code as number | null }))
  return { child, said, done }
}

const oom = (...args: readonly string[]): Promise<Said> => start(args).done

/** Its port-forward leads to the operator that runs now. */
function writeKubectl(): void {
  const port = new URL(operator.apiUrl).port
  const forward = `echo "Forwarding from 127.0.0.1:${port} -> 9466"; exec sleep 60`
  const script = `#!/bin/sh\necho "$@" >> ${bin}/calls\ncase "$*" in *port-forward*) ${forward};; esac\nexec ${kubectl} "$@"\n`
  writeFileSync(join(bin, 'kubectl'), script)
  chmodSync(join(bin, 'kubectl'), 0o755)
}

function dumpOf(recording: string): string {
  const texts = readRecording(recording).flatMap((raw) => {
    const record = parseKmsgRecord(raw)
    return record.failure === undefined ? [record.text] : []
  })
  return gzipSync(`${texts.join('\n')}\n`).toString('base64')
}

beforeAll(async () => {
  world = await OperatorWorld.start()
  await applyCrds(world.api.kubectl)
  await world.makeController('apps/v1', 'Deployment', 'web')
  await world.makeController('apps/v1', 'ReplicaSet', 'web-abc', 'Deployment/web')
  pod = await world.makePod({ name: 'web-abc-1', owner: 'ReplicaSet/web-abc' })
  operator = await world.startOperator(GUARDED)
  await untilReady(operator)
  await world.publishKills(1, { ...inPod(pod), rawDump: dumpOf('6.12-memcg-v2.kmsg') })
  await world.publishKills(1, { ...inPod(pod), victim: { pid: 77, command: 'x\u001b[2J', anonRssKib: 9_000 } })
  await world.publishKills(1, { attribution: { source: 'dump', cgroupPath: '/system.slice/cron.service' } })
  const items = await waitUntil(
    'both kills in one report, and the node’s',
    async () => {
      const list = await world.get<{ items: { metadata: { name: string }; status?: { kills: number } }[] }>(
        'oomr',
        '-n',
        'shop',
      )
      const isNodeThere = (await world.nodeReport('node-a')) !== undefined
      return isNodeThere && list.items[0]?.status?.kills === 2 ? list.items : undefined
    },
    { deadlineMs: 30_000, everyMs: 200 },
  )
  report = items[0]?.metadata.name ?? ''
  kubectl = join(await ensureBuilt(KUBERNETES, () => undefined, ['kubectl']), 'kubectl')
  bin = join(world.folder, 'bin')
  mkdirSync(bin)
  writeKubectl()
}, 120_000)

afterAll(async () => {
  await world.endOperators()
  await world.dispose()
})

describe('kubectl oom, with real nats-server, etcd, kube-apiserver and kubectl', () => {
  it('lists the reports of a namespace, and of all with those of nodes', async () => {
    const { code, stdout } = await oom('list', '-n', 'shop')
    expect(code).toBe(0)
    const [head, row] = stdout.split('\n')
    expect(head).toMatch(/^NAME +WORKLOAD +CONTAINER +KILLS +HIDDEN +LAST +SCOPE +VICTIM +NODE$/)
    expect(row).toMatch(
      new RegExp(`^${report} +Deployment/web +app +2 +0 +\\d+s +ContainerLimit +x\\\\x1b\\[2J +node-a$`),
    )
    const all = await oom('list', '-A')
    expect(all.stdout).toMatch(new RegExp(`^shop +${report} `, 'm'))
    expect(all.stdout).toMatch(/^- +node\/node-a +Node\/node-a +- +1 +- /m)
    expect(all.stdout).not.toMatch(CONTROL)
  })

  it('prints reports as kubectl does: JSON, YAML and names', async () => {
    const json = JSON.parse((await oom('list', '-n', 'shop', '-o', 'json')).stdout) as { kind: string; items: object[] }
    expect(json).toMatchObject({
      kind: 'List',
      items: [{ kind: 'OOMReport', metadata: { name: report }, status: { kills: 2 } }],
    })
    expect(json.items[0]).not.toHaveProperty('metadata.managedFields')
    expect(load((await oom('show', '-n', 'shop', report, '-oyaml')).stdout)).toEqual(json.items[0])
    const { stdout } = await oom('list', '-A', '-o', 'name')
    expect(stdout).toBe(`oomreport.oomkeeper.io/${report}\nnodeoomreport.oomkeeper.io/node-a\n`)
    expect((await oom('show', '-n', 'shop', stdout.split('\n')[0] ?? '')).code).toBe(0)
  })

  it('shows a report, the newest kill first, and how to go on', async () => {
    const { code, stdout } = await oom('show', '-n', 'shop', report)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}Kills +2, 0 of them hidden/m)
    expect(stdout).toMatch(/^ {2}1 +\d+s +x\\x1b\[2J\(77\) +8\.8 MiB/m)
    expect(stdout).toMatch(/^ {2}2 +\d+s +eater\(8123\) /m)
    expect(stdout).toContain(`Why: kubectl oom explain -n shop ${report} 1`)
    expect((await oom('show', 'node/node-a')).stdout).toMatch(/^ {2}Reasons +OutsidePod 1$/m)
  })

  it('explains a kill from the kernel’s own lines, through a port-forward that ends with it', async () => {
    const { code, stdout, stderr } = await oom('explain', '-n', 'shop', report, '2')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^Kill 2 of shop/${report}, .* on node-a,\\s+pod\\s+web-abc-1:`))
    expect(stdout).toMatch(/^1 {2}Who asked, who died$/m)
    expect(stdout).toMatch(/^5 {2}Why this process$/m)
    const forwards = readFileSync(join(bin, 'calls'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('port-forward'))
    expect(forwards).toEqual(['port-forward --address 127.0.0.1 -n oomkeeper deployment/oomkeeper-operator :9466'])
  })

  it('explains as `oomkeeper analyze` does, also for programs', async () => {
    const { stdout } = await oom('explain', '-n', 'shop', report, '2', '-o', 'json', '--operator', operator.apiUrl)
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, events: [{ outcome: 'killed', explanation: {} }] })
  })

  it('says of a kill in one line what there is to say', async () => {
    const { code, stdout } = await oom('explain', '-n', 'shop', report, '--operator', operator.apiUrl)
    expect(code).toBe(0)
    expect(stdout).toContain('x\\x1b[2J')
    expect(stdout).not.toMatch(CONTROL)
  })

  it('ranks the worst workloads', async () => {
    const { code, stdout } = await oom('top', '-A')
    expect(code).toBe(0)
    const rows = stdout.trim().split('\n').slice(1)
    expect(rows[0]).toMatch(/^shop +Deployment\/web +2 /)
    expect(rows[1]).toMatch(/^- +Node\/node-a +1 /)
  })

  it('follows new kills of a namespace, and goes on where it was when the operator is back', async () => {
    const tail = start(['tail', '-n', 'shop', '--count', '2', '-o', 'json'])
    const until = (what: string, isSo: () => boolean) =>
      waitUntil(what, () => isSo() || undefined, { deadlineMs: 30_000, everyMs: 20 })
    await until('the tail to follow', () => tail.said.stderr.includes('Following kills in namespace shop.'))
    await world.publishKills(1, { attribution: { source: 'none' } })
    await world.publishKills(1, inPod(pod))
    await until('the first kill', () => tail.said.stdout.includes('\n'))
    await world.endOperators()
    await world.publishKills(1, { ...inPod(pod), victim: { pid: 99, command: 'later', anonRssKib: 1 } })
    operator = await world.startOperator(GUARDED)
    await untilReady(operator)
    writeKubectl()
    const { code, stdout } = await tail.done
    expect(code).toBe(0)
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    const names = { namespace: 'shop', podName: 'web-abc-1', containerName: 'app' }
    expect(told).toMatchObject([
      { victimPid: 8123, ...names },
      { victimPid: 99, ...names },
    ])
  }, 90_000)

  it('tries a policy by what the operator is set to, or by its own flag', async () => {
    const file = join(world.folder, 'policy.json')
    const spec = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
      oomScoreAdj: { value: 1000 },
    }
    const policy = { apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata: { name: 'first' }, spec }
    writeFileSync(file, JSON.stringify(policy))
    const tried = async (...args: string[]): Promise<object> =>
      JSON.parse((await oom('policy', 'test', '-f', file, '-o', 'json', ...args)).stdout) as object
    expect(await tried()).toMatchObject({ protectedMemory: { percent: 40, from: 'operator' } })
    expect(await tried('--protected-memory-percent', '30')).toMatchObject({
      protectedMemory: { percent: 30, from: 'flag' },
    })
  })

  it('asks the cluster for the words that a shell completes', async () => {
    expect((await oom('__complete', 'show', '-n', 'shop', report.slice(0, 3))).stdout).toBe(`${report}\n:4\n`)
    expect((await oom('__complete', 'list', '-n', 'sh')).stdout).toBe('shop\n:4\n')
    expect((await oom('__complete', 'list', '-n', 'sh', '--kubeconfig', '/none', '-n', '')).stdout).toBe(':4\n')
  })

  it.each([
    ['a report that is not there', ['show', 'gone'], 1, /oomreports\.oomkeeper\.io "gone" not found/],
    [
      'a kill that is not there',
      ['explain', '-n', 'shop', () => report, '9'],
      1,
      /expected kill 9 in the report .*, which holds \d/,
    ],
    [
      'a namespace without reports',
      ['list', '-n', 'default'],
      1,
      /^kubectl oom list: No OOM reports in namespace default\.$/m,
    ],
    ['no name', ['show'], 2, /expected the name of a report, got none/],
    ['a name that is none', ['show', '../x'], 2, /expected NAME, or node\/NODE/],
    ['no such command', ['lst'], 2, /^kubectl oom: expected a command, got "lst": --help lists them/],
    ['no such output', ['list', '-o', 'xml'], 2, /-o: expected table\|wide\|json\|yaml\|name, got "xml"/],
    ['a context that is not there', ['list', '-n', 'shop', '--context', 'none'], 3, /context "none" does not exist/],
    [
      'an operator that is not there',
      ['explain', '-n', 'shop', () => report, '--operator', 'http://127.0.0.1:1'],
      3,
      /expected the operator's API at http:\/\/127\.0\.0\.1:1, got/,
    ],
  ])('ends as documented for %s', async (_what, args, exitCode, words) => {
    const { code, stderr } = await oom(...args.map((arg) => (typeof arg === 'string' ? arg : arg())))
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringMatching(words) })
  })

  it('shows what the report has where the stream holds a kill no more', async () => {
    const jsm = await world.jsm()
    await jsm.streams.purge('OOM_KILLS')
    const { code, stdout, stderr } = await oom('explain', '-n', 'shop', report, '--operator', operator.apiUrl)
    expect(code).toBe(1)
    expect(stderr).toContain('does not hold')
    expect(stdout).toMatch(/^ {2}1 +\d+s +later\(99\) +1 KiB +64 MiB +ContainerLimit /m)
  })
})

describe('the operator’s HTTP API', () => {
  const get = (path: string, init?: RequestInit) => fetch(`${operator.apiUrl}${path}`, init)

  it('publishes its description, and answers as that says', async () => {
    const { openapi, paths } = (await (await get('/openapi.json')).json()) as { openapi: string; paths: object }
    expect(openapi).toBe('3.1.0')
    expect(Object.keys(paths)).toContain('/api/v1/kills/{node}/{bootId}/{sequence}')
    const reports = reportPage.parse(await (await get('/api/v1/reports?namespace=shop')).json())
    expect(reports.items.map(({ metadata }) => metadata.name)).toEqual([report])
    expect(nodeReportPage.parse(await (await get('/api/v1/nodereports')).json()).items).toHaveLength(1)
    expect(await (await get(`/api/v1/reports/shop/${report}`)).json()).toEqual(reports.items[0])
    expect(await (await get('/api/v1/health')).json()).toEqual({ version: 1, ready: true, reasons: [] })
    expect(operatorSettings.parse(await (await get('/api/v1/settings')).json())).toMatchObject({
      protectedMemoryPercent: 40,
      rollbackWindowSeconds: 600,
    })
  })

  it('pages through reports', async () => {
    await world.publishKills(1, { node: 'node-b', attribution: { source: 'dump', cgroupPath: '/x' } })
    await waitUntil(
      'a second node report',
      async () => ((await world.nodeReport('node-b')) === undefined ? undefined : true),
      { deadlineMs: 15_000, everyMs: 100 },
    )
    const first = nodeReportPage.parse(await (await get('/api/v1/nodereports?limit=1')).json())
    expect(first.items.map(({ metadata }) => metadata.name)).toEqual(['node-a'])
    const next = new URLSearchParams({ limit: '1', continue: first.continue ?? '' }).toString()
    const second = nodeReportPage.parse(await (await get(`/api/v1/nodereports?${next}`)).json())
    expect(second.items.map(({ metadata }) => metadata.name)).toEqual(['node-b'])
    expect(second.continue).toBeUndefined()
  })

  it('finds a kill by its subject, with the names of its pod', async () => {
    const before = (await world.report(report))?.kills ?? 0
    await world.publishKills(1, inPod(pod))
    const { lastKills } = await world.untilKills(report, before + 1)
    const { node, bootId, sequence } = lastKills[0] ?? { node: '', bootId: '', sequence: 0 }
    const answer = await get(`/api/v1/kills/${node}/${bootId}/${sequence}`)
    expect(storedKill.parse(await answer.json())).toMatchObject({
      namespace: 'shop',
      podName: 'web-abc-1',
      containerName: 'app',
      event: { sequence, victim: { pid: 8123 } },
    })
  })

  it.each([
    ['/api/v1/reports/shop/gone', 404, 'not found'],
    ['/api/v1/kills/node-a/0b6f2a5e-1111-4222-8333-444455556666/1', 404, 'got none: it keeps seven days'],
    ['/api/v1/reports?limit=0', 400, 'limit: expected a number from 1 to 100, got "0"'],
    ['/metrics', 404, 'expected one of /openapi.json'],
  ])('says what is wrong with %s', async (path, status, words) => {
    const response = await get(path)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ type: 'about:blank', status, detail: expect.stringContaining(words) })
  })

  it('takes GET alone', async () => {
    const response = await get('/api/v1/reports', { method: 'DELETE' })
    expect({ status: response.status, allow: response.headers.get('allow') }).toEqual({ status: 405, allow: 'GET' })
  })

  it('has room for eight followers, and for another one when one has gone', async () => {
    const stops = Array.from({ length: 8 }, () => new AbortController())
    for (const { signal } of stops) expect((await get('/api/v1/kills', { signal })).status).toBe(200)
    const refused = await get('/api/v1/kills')
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('2')
    for (const stop of stops) stop.abort()
    await waitUntil(
      'room',
      async () => {
        const stop = new AbortController()
        const { status } = await get('/api/v1/kills', { signal: stop.signal })
        stop.abort()
        return status === 200 || undefined
      },
      { deadlineMs: 20_000, everyMs: 500 },
    )
  }, 40_000)
  it('names a process of another namespace to who tries a policy, by the kill as the stream has it', async () => {
    await world.api.kubectl(['create', 'namespace', 'etl'])
    const status = JSON.stringify({ status: { capacity: { memory: '1Gi' }, allocatable: { memory: '1Gi' } } })
    await world.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } })
    await world.api.kubectl(['patch', 'node', 'node-a', '--subresource=status', '--type=merge', '-p', status])
    const batch = await world.makePod({ name: 'batch', namespace: 'etl', labels: { app: 'batch' } })
    const row = { uid: 0, totalVmPages: 90_000, rssPages: 80_000, oomScoreAdj: 990, liveOomScore: 1_300 }
    const candidates = [
      { ...row, pid: 8123, command: 'web', badnessPages: 340_000 },
      {
        ...row,
        pid: 900,
        command: 'nightly',
        badnessPages: 339_000,
        podUid: batch.uid,
        containerId: batch.containerId,
      },
    ]
    const victim = { pid: 8123, command: 'web', anonRssKib: 320_000 }
    await world.publishKills(1, { ...inPod(pod), scope: 'Node', constraint: 'None', domain: {}, victim, candidates })
    const file = join(world.folder, 'batch.json')
    const spec = { podSelector: { matchLabels: { app: 'batch' } }, oomScoreAdj: { value: 1000 } }
    const policy = { apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata: { name: 'batch-first' }, spec }
    writeFileSync(file, JSON.stringify(policy))
    const changed = await waitUntil(
      'the kill in its report',
      async () => {
        const { stdout } = await oom('policy', 'test', '-f', file, '-o', 'json')
        const { pastKills } = JSON.parse(stdout) as { pastKills: { changed: object[] }[] }
        return pastKills[0]?.changed[0]
      },
      { deadlineMs: 30_000, everyMs: 500 },
    )
    expect(changed).toMatchObject({ namespace: 'shop', victim: 'web(8123)', instead: 'nightly(900)' })
  }, 60_000)
})
