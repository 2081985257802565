import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connect } from 'nats'
import { fakeProc, type FakeProcess } from '../../agent/rank/fakeProc.testkit.ts'
import type { AgentProcess } from '../support/agentProcess.ts'
import { startAgent } from '../support/agentProcess.ts'
import { createRunningPod } from '../support/ownedPod.ts'
import { readRecording, recast } from '../support/recording.ts'
import { applyCrds, untilReady, type OperatorProcess } from '../support/stack.ts'
import { OperatorWorld } from './operatorWorld.ts'

const oomkeeperPath = resolve(import.meta.dirname, '../../bin/oomkeeper')
const HOUR_USEC = 3_600_000_000
const FILES = ['oom_score', 'oom_score_adj', 'stat', 'status', 'cgroup']

let world: OperatorWorld
let agent: AgentProcess
let operator: OperatorProcess
let pod: { name: string; uid: string; containerId: string }
let elsewhere: { name: string; uid: string; containerId: string }

/** A node's /proc as files. */
function writeProc(folder: string, processes: readonly FakeProcess[]): string {
  const proc = fakeProc(processes)
  mkdirSync(folder)
  writeFileSync(join(folder, 'meminfo'), proc.readText('meminfo') ?? '')
  for (const { pid } of processes) {
    mkdirSync(join(folder, String(pid)), { recursive: true })
    for (const file of FILES) writeFileSync(join(folder, `${pid}/${file}`), proc.readText(`${pid}/${file}`) ?? '')
  }
  return folder
}

const cgroupOf = ({ uid, containerId }: { uid: string; containerId: string }): string =>
  `/kubepods/burstable/pod${uid}/${containerId}`

async function oomkeeper(
  args: readonly string[],
  path = '',
  rest = process.env['PATH'],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const PATH = [path, rest].filter(Boolean).join(delimiter)
  const child = spawn(oomkeeperPath, [...args], { env: { PATH } })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number]
  return { code, stdout, stderr }
}

/** kubectl itself needs a kubelet to forward; what it says and that it is ended is what counts. @returns its folder */
function fakeKubectl(name: string): string {
  const bin = join(world.folder, name)
  mkdirSync(bin)
  const port = new URL(operator.apiUrl).port
  const fake = `#!/bin/sh\necho "$@" >> ${bin}/args\necho $$ > ${bin}/pid\necho "Forwarding from 127.0.0.1:${port} -> 9466"\nexec sleep 60\n`
  writeFileSync(join(bin, 'kubectl'), fake)
  chmodSync(join(bin, 'kubectl'), 0o755)
  return bin
}

function rankNodeA(...flags: readonly string[]) {
  return oomkeeper(['rank', '--node', 'node-a', '--operator', operator.apiUrl, ...flags])
}

/** What is known once the cluster is there. */
const text = (flag: string | (() => string)): string => (typeof flag === 'string' ? flag : flag())

beforeAll(async () => {
  world = await OperatorWorld.start()
  await applyCrds(world.api.kubectl)
  const common = { namespace: 'shop', container: 'app' }
  pod = await createRunningPod(world.api.kubectl, { ...common, name: 'checkout', node: 'node-a' })
  elsewhere = await createRunningPod(world.api.kubectl, { ...common, name: 'other', node: 'node-b' })
  const processes = [
    { pid: 4242, oomScore: 1333, oomScoreAdj: 998, command: 'worker\x1b[2J', rssKib: 64_716, cgroup: cgroupOf(pod) },
    { pid: 4243, oomScore: 900, cgroup: cgroupOf(elsewhere) },
    { pid: 4244, oomScore: 700, command: 'sshd' },
  ]
  // A kill now and one in an hour: the agent stays.
  const recorded = readRecording('6.18-memcg-v1.kmsg')
  const kmsg = join(world.folder, 'log.kmsg')
  writeFileSync(kmsg, recast(recorded, {}) + recast(recorded, { sequenceOffset: 1000, usecOffset: HOUR_USEC }))
  const proc = writeProc(join(world.folder, 'proc'), processes)
  operator = await world.startOperator()
  await untilReady(operator)
  agent = await startAgent({ node: 'node-a', nats: world.nats, folder: world.folder, kmsg, pace: 'kept', proc })
  await agent.program.said('connected to NATS')
}, 120_000)

afterAll(async () => {
  await agent.program.kill()
  await world.endOperators()
  await world.dispose()
})

describe('a node’s live ranking, with real nats-server, etcd and kube-apiserver', () => {
  it('comes from the agent by way of the operator, which names pod and container', async () => {
    const response = await fetch(`${operator.apiUrl}/api/v1/rank?node=node-a&top=2`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      version: 1,
      node: 'node-a',
      processCount: 3,
      candidates: [
        { pid: 4242, oomScore: 1333, oomScoreAdj: 998, namespace: 'shop', podName: pod.name, containerName: 'app' },
        { pid: 4243, podUid: elsewhere.uid },
      ],
    })
  })

  it('is never named after a pod that is bound to another node', async () => {
    const response = await fetch(`${operator.apiUrl}/api/v1/rank?node=node-a`)
    const { candidates } = (await response.json()) as { candidates: { pid: number; podName?: string }[] }
    expect(candidates.find(({ pid }) => pid === 4243)).not.toHaveProperty('podName')
  })

  it('is printed by the command line, and no terminal acts on a command', async () => {
    const { code, stdout } = await oomkeeper(['rank', '--node', 'node-a', '--operator', operator.apiUrl])
    expect(code).toBe(0)
    expect(stdout.split('\n')[1]).toMatch(
      new RegExp(`^1333 +998 +\\d+ +63.2Mi +0Ki +6.2% +4242 +0 +worker\\\\x1b\\[2J +shop/${pod.name} +app$`),
    )
    expect(stdout).toMatch(/^700 +0 +256 +1Mi +0Ki +<0.1% +4244 +0 +sshd +- +-$/m)
    expect(stdout).toMatch(/^3 processes on node-a; FREES is of 1Gi, RAM and swap\.$/m)
  })

  it('is reached through kubectl port-forward, which ends with the command', async () => {
    const bin = fakeKubectl('once')
    const { code, stdout } = await oomkeeper(['rank', '--node', 'node-a', '--top', '1', '--namespace', 'ops'], bin)
    expect({ code, candidates: stdout.trim().split('\n').indexOf('') - 1 }).toEqual({ code: 0, candidates: 1 })
    expect(readFileSync(join(bin, 'args'), 'utf8').trim()).toBe(
      'port-forward --address 127.0.0.1 -n ops deployment/oomkeeper-operator :9466',
    )
    expect(() => process.kill(Number(readFileSync(join(bin, 'pid'), 'utf8')), 0)).toThrow('ESRCH')
  })

  it('is watched through one port-forward, through another where that ends, and all end on SIGINT', async () => {
    const bin = fakeKubectl('watched')
    const args = ['rank', '--node', 'node-a', '--watch', '--interval', '0.5', '--output', 'json', '--top', '1']
    const child = spawn(oomkeeperPath, args, { env: { PATH: [bin, process.env['PATH']].join(delimiter) } })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
      const looks = stdout.split('\n').length - 1
      if (looks === 2) process.kill(Number(readFileSync(join(bin, 'pid'), 'utf8')))
      if (looks === 4) child.kill('SIGINT')
    })
    expect(await once(child, 'close')).toEqual([0, null])
    const looks = stdout.trim().split('\n')
    expect(looks.length).toBeGreaterThanOrEqual(4)
    for (const look of looks) expect(JSON.parse(look)).toMatchObject({ node: 'node-a', candidates: [{ pid: 4242 }] })
    expect(readFileSync(join(bin, 'args'), 'utf8').trim().split('\n')).toHaveLength(2)
    expect(() => process.kill(Number(readFileSync(join(bin, 'pid'), 'utf8')), 0)).toThrow('ESRCH')
  })

  it('says what to do where there is no kubectl', async () => {
    const bin = join(world.folder, 'no-kubectl')
    mkdirSync(bin)
    symlinkSync('/usr/bin/dirname', join(bin, 'dirname'))
    const { code, stderr } = await oomkeeper(['rank', '--node', 'node-a'], bin, '')
    expect(code).toBe(3)
    expect(stderr).toMatch(/^oomkeeper rank: expected kubectl in PATH, got: spawn kubectl ENOENT; install it, or name/)
  })

  it('tells flags that do not go together, with exit code 2', async () => {
    const { code, stderr } = await oomkeeper(['rank', '--node', 'node-a', '--top', '51', '--proc', '/proc'])
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        'oomkeeper rank: --proc: expected no --node with it: a node is ranked by its own agent\n' +
        'oomkeeper rank: --top: expected at most 50 with --node, got "51"\n',
    })
  })

  it.each([
    ['a pod by its name', ['--pod', () => `shop/${pod.name}`]],
    ['a pod by its UID', ['--pod', () => pod.uid]],
    ['a container by its name', ['--pod', () => `shop/${pod.name}`, '--container', 'app']],
    ['a container by how its id begins', ['--container', () => pod.containerId.slice(0, 12)]],
    ['a cgroup', ['--cgroup', () => `/kubepods/burstable/pod${pod.uid}`]],
  ])('is asked for %s', async (_what, flags) => {
    const { code, stdout } = await rankNodeA('--output', 'json', ...flags.map(text))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      node: 'node-a',
      processCount: 1,
      domain: { cgroupPath: expect.stringContaining(`/kubepods/burstable/pod${pod.uid}`) },
      candidates: [{ pid: 4242, podName: pod.name, containerName: 'app' }],
    })
  })

  it.each([
    ['a pod that nobody knows', ['--pod', 'shop/gone'], /^oomkeeper rank: pod: expected a pod that is there/],
    ['a pod of another node', ['--pod', () => `shop/${elsewhere.name}`], /which is on node node-b$/m],
    [
      'a cgroup without processes',
      ['--cgroup', '/none'],
      /node node-a refused: expected processes in cgroup \/none, got none$/m,
    ],
  ])('ends with exit code 1 for %s', async (_what, flags, words) => {
    const { code, stderr } = await rankNodeA(...flags.map(text))
    expect(code).toBe(1)
    expect(stderr).toMatch(words)
  })

  it.each([
    ['a node whose agent does not run', 'node=node-b', 504, 'nobody listens there; is this the name of a node'],
    ['a name that is none', 'node=oom.v1.*', 400, 'expected the name of a node'],
    ['too many', 'node=node-a&top=51', 400, 'expected a number from 1 to 50'],
    ['a pod that is gone', 'node=node-a&pod=shop/gone', 404, 'expected a pod that is there'],
  ])('says what is wrong with %s', async (_what, query, status, words) => {
    const response = await fetch(`${operator.apiUrl}/api/v1/rank?${query}`)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ status, detail: expect.stringContaining(words) })
  })

  it('ends the command with exit code 3 and the operator’s sentence where nobody answers', async () => {
    const { code, stderr } = await oomkeeper(['rank', '--node', 'node-b', '--operator', operator.apiUrl])
    expect(code).toBe(3)
    expect(stderr).toMatch(/^oomkeeper rank: expected node node-b to answer, got: nobody listens there/)
  })

  it('is refused to a request that is none, and a request without a reply is ignored', async () => {
    const { user, password } = world.nats.users.operator
    const nats = await connect({ servers: world.nats.url, user, pass: password })
    nats.publish('oom.v1.rank.node-a', '{"version":1,"top":1}')
    const answer = await nats.request('oom.v1.rank.node-a', 'x')
    await nats.close()
    expect(answer.json()).toMatchObject({ kind: 'refused', reason: expect.stringContaining('"top":1…50') })
    expect(agent.program.running).toBe(true)
    expect(agent.program.log).not.toContain('"level":50')
  })
})
