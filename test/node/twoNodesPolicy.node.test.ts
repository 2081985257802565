import { beforeAll, expect, it } from '@jest/globals'
import type { OomPolicyStatus } from '../../operator/api/oomPolicy.ts'
import { HOG_IMAGE } from '../cluster/images/importImages.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { PROTECTED, removeContest, runRound } from '../proof/contest.ts'
import type { InstalledProduct } from '../support/installedProduct.ts'
import { describeUnless } from '../support/leftOut.ts'
import {
  noTwoNodes,
  OPERATOR_ON_FIRST_NODE,
  readSecondNodeProcesses,
  type NodeProcess,
  type TwoNodes,
} from '../support/twoNodes.ts'
import { useInstalledProductOnTwoNodes } from '../support/useInstalledProduct.ts'
import { onNode } from '../support/workload.ts'

const NAMESPACE = 'second-policy'
const RESOURCES = { requests: { memory: '32Mi' }, limits: { memory: '128Mi' } }
const POLICY = 'database-last'
/** The container's first process, and the one that it has started. */
const PARENT = 'hog'
const CHILD = 'backend'

function databasePod(node: string): object {
  const args = ['--in=child', '--mib=8', `--name=${CHILD}`]
  const container = { name: 'app', image: HOG_IMAGE, imagePullPolicy: 'Never', args, resources: RESOURCES }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'database', namespace: NAMESPACE, labels: { app: 'database' } },
    spec: { ...onNode(node), terminationGracePeriodSeconds: 1, containers: [container] },
  }
}

describeUnless(noTwoNodes, 'an OOMPolicy on a node with cgroup v2 and all capabilities', () => {
  let cluster: TwoNodes
  let product: InstalledProduct
  /** What the kubelet gives to a container with these requests. */
  let start: number

  const evidence = (): Promise<string> => product.logs()

  /** Of the one with this command. */
  async function processOf(command: string): Promise<NodeProcess> {
    const [process] = await readSecondNodeProcesses(cluster.second, command)
    if (process === undefined) throw new Error(`expected a process ${command} on ${cluster.second.name}, got none`)
    return process
  }

  function untilScore(command: string, wanted: number, deadlineMs = 30_000): Promise<NodeProcess> {
    let last: number | undefined
    const probe = async () => {
      const process = await processOf(command)
      last = process.oomScoreAdj
      return last === wanted ? process : undefined
    }
    return waitUntil(`${command} to have ${wanted}`, probe, {
      deadlineMs,
      evidence: async () =>
        `it has ${last}\n${await cluster.kubectl(['get', 'oomp', '-o', 'yaml'])}\n${await evidence()}`,
    })
  }

  async function enforce(spec: object): Promise<void> {
    const podSelector = { matchLabels: { app: 'database' } }
    const policy = { apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata: { name: POLICY } }
    const manifest = JSON.stringify({ ...policy, spec: { podSelector, mode: 'Enforce', ...spec } })
    await cluster.kubectl(['delete', 'oompolicy', POLICY, '--ignore-not-found'], { timeoutMs: 90_000 })
    await cluster.kubectl(['apply', '-f', '-'], { stdin: manifest })
  }

  const readStatus = async (): Promise<OomPolicyStatus | undefined> => {
    const { status } = JSON.parse(await cluster.kubectl(['get', 'oomp', POLICY, '-o', 'json'])) as {
      status?: OomPolicyStatus
    }
    return status
  }

  function untilStatus(what: string, isSo: (status: OomPolicyStatus) => boolean): Promise<OomPolicyStatus> {
    const probe = async () => {
      const status = await readStatus()
      return status !== undefined && isSo(status) ? status : undefined
    }
    const last = async () => `${JSON.stringify(await readStatus(), null, 2)}\n${await evidence()}`
    return waitUntil(`the policy's status to have ${what}`, probe, { deadlineMs: 120_000, evidence: last })
  }

  const release = (): Promise<string> =>
    cluster.kubectl(['delete', 'oompolicy', POLICY, '--ignore-not-found'], { timeoutMs: 90_000 })

  /** A file of the container's cgroup. */
  async function readCgroup(file: string): Promise<string> {
    const { pid } = await processOf(PARENT)
    return (await cluster.second.run(`cat "/sys/fs/cgroup$(cut -d: -f3 /proc/${pid}/cgroup)/${file}"`)).trim()
  }

  function untilAlone(): Promise<true> {
    const alone = async () => ((await readCgroup('memory.oom.group')) === '0' ? true : undefined)
    return waitUntil('memory.oom.group to be 0', alone, { deadlineMs: 30_000, evidence })
  }

  const agentPid = async (): Promise<number> => Number(await cluster.second.run('pgrep -o -f "[a]gent.mjs"'))

  useInstalledProductOnTwoNodes(NAMESPACE, (world) => {
    ;({ cluster, product } = world)
  })

  beforeAll(async () => {
    await product.install([OPERATOR_ON_FIRST_NODE])
    await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(databasePod(cluster.second.name)) })
    await cluster.kubectl(['wait', '-n', NAMESPACE, '--for=condition=Ready', '--timeout=90s', 'pod/database'], {
      timeoutMs: 100_000,
    })
    const both = async () => {
      const found = await readSecondNodeProcesses(cluster.second, PARENT, CHILD)
      return found.length === 2 ? found[0]?.oomScoreAdj : undefined
    }
    start = await waitUntil('both processes', both, { deadlineMs: 30_000, evidence })
  }, 300_000)

  it('lowers every process of a container, and gives back when it is deleted', async () => {
    expect(start).toBeGreaterThan(900)
    await enforce({ oomScoreAdj: { value: -500 } })
    await untilScore(PARENT, -500)
    await untilScore(CHILD, -500)
    await untilStatus('1 applied', ({ applied, failed }) => applied === 1 && failed === 0)
    await release()
    expect((await processOf(PARENT)).oomScoreAdj).toBe(start)
    expect((await processOf(CHILD)).oomScoreAdj).toBe(start)
  }, 120_000)

  it('raises', async () => {
    await enforce({ oomScoreAdj: { value: 999 } })
    await untilScore(PARENT, 999)
    await release()
    expect((await processOf(PARENT)).oomScoreAdj).toBe(start)
  }, 120_000)

  it('adds a delta to what each process has of its own', async () => {
    const { pid } = await processOf(CHILD)
    await cluster.second.run(`echo ${start - 100} > /proc/${pid}/oom_score_adj`)
    await enforce({ oomScoreAdj: { delta: -300 } })
    await untilScore(PARENT, start - 300)
    await untilScore(CHILD, start - 400)
    await release()
    expect((await processOf(PARENT)).oomScoreAdj).toBe(start)
    expect((await processOf(CHILD)).oomScoreAdj).toBe(start - 100)
    await cluster.second.run(`echo ${start} > /proc/${pid}/oom_score_adj`)
  }, 120_000)

  it('protects the first process of a container, and not what it has started', async () => {
    await enforce({ processes: [{ init: true }], oomScoreAdj: { value: -500 } })
    await untilScore(PARENT, -500)
    await untilStatus('1 applied', ({ applied }) => applied === 1)
    expect((await processOf(CHILD)).oomScoreAdj).toBe(start)
    await release()
    expect((await processOf(PARENT)).oomScoreAdj).toBe(start)
  }, 120_000)

  it('lets a kill take one process with killScope, and the whole container again when it is deleted', async () => {
    expect(await readCgroup('memory.oom.group')).toBe('1')
    await enforce({ killScope: 'Process' })
    await untilAlone()
    await untilStatus('1 applied', ({ applied }) => applied === 1)
    await release()
    expect(await readCgroup('memory.oom.group')).toBe('1')
  }, 120_000)

  it('holds over a resize of the container in place', async () => {
    await enforce({ oomScoreAdj: { value: -500 } })
    const before = await untilScore(PARENT, -500)
    const resources = { limits: { memory: '192Mi' } }
    const patch = JSON.stringify({ spec: { containers: [{ name: 'app', resources }] } })
    await cluster.kubectl(['patch', 'pod', 'database', '-n', NAMESPACE, '--subresource=resize', `--patch=${patch}`])
    const resized = async () => ((await readCgroup('memory.max')) === String(192 * 1024 * 1024) ? true : undefined)
    await waitUntil('the limit of 192 MiB', resized, { deadlineMs: 60_000, evidence })
    expect((await untilScore(PARENT, -500)).pid).toBe(before.pid)
    await untilScore(CHILD, -500)
  }, 180_000)

  it('holds over a kill -9 of the agent, which still knows what was there before', async () => {
    await enforce({ oomScoreAdj: { value: -500 }, killScope: 'Process' })
    await untilScore(PARENT, -500)
    await untilScore(CHILD, -500)
    await untilAlone()
    const before = await agentPid()
    await cluster.second.run(`kill -9 ${before}`)
    const again = async () => {
      const pid = await agentPid()
      return pid === before ? undefined : pid
    }
    await waitUntil('the next agent', again, { deadlineMs: 60_000, evidence })
    expect((await processOf(PARENT)).oomScoreAdj).toBe(-500)
    expect(await readCgroup('memory.oom.group')).toBe('0')
    await release()
    expect(await readCgroup('memory.oom.group')).toBe('1')
    expect((await processOf(PARENT)).oomScoreAdj).toBe(start)
    expect((await processOf(CHILD)).oomScoreAdj).toBe(start)
  }, 240_000)

  it('does not go to war with another writer, and says so', async () => {
    await enforce({ oomScoreAdj: { value: -500 } })
    const { pid } = await untilScore(PARENT, -500)
    const write = `while [ -e /tmp/contend ] && [ -e /proc/${pid} ]; do echo 300 > /proc/${pid}/oom_score_adj; sleep 0.5; done`
    await cluster.second.run(`touch /tmp/contend; (${write}) > /dev/null 2>&1 < /dev/null &`)
    try {
      const { reasons } = await untilStatus('a Conflict', ({ reasons = [] }) =>
        reasons.some(({ outcome }) => outcome === 'Conflict'),
      )
      expect(reasons?.[0]).toMatchObject({ outcome: 'Conflict', containers: 1 })
    } finally {
      await cluster.second.run('rm -f /tmp/contend')
    }
    expect((await processOf(PARENT)).oomScoreAdj).toBe(300)
    await release()
    await cluster.second.run(`sleep 1; echo ${start} > /proc/${pid}/oom_score_adj`)
  }, 180_000)

  it('is out of the way: without a policy the larger of two pods dies when the memory of the node runs out', async () => {
    const outcome = await runRound({ cluster, product }, { withPolicy: false, first: 'critical' })
    expect(outcome).toMatchObject({ died: 'critical' })
  }, 600_000)

  it('decides who dies when the memory of the node runs out, and the report has both with their scores', async () => {
    const outcome = await runRound({ cluster, product }, { withPolicy: true, first: 'critical' })
    expect(outcome).toMatchObject({ died: 'other', oomScoreAdjs: { critical: PROTECTED } })
    await removeContest({ cluster, product })
  }, 600_000)

  it('gives back what no operator confirms for as long as holdFor says, and sets it again when there is one', async () => {
    await enforce({ oomScoreAdj: { value: -500 }, holdFor: '1m' })
    await untilScore(PARENT, -500)
    const scale = (replicas: number) =>
      cluster.kubectl(['scale', '-n', product.namespace, 'deployment/oomkeeper-operator', `--replicas=${replicas}`])
    await scale(0)
    await untilScore(PARENT, start, 180_000)
    await scale(1)
    await untilScore(PARENT, -500, 90_000)
    await release()
    expect((await processOf(PARENT)).oomScoreAdj).toBe(start)
  }, 400_000)
})
