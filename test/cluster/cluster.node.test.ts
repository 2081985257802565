import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { downCluster, ensureCluster, reserveCluster } from './cluster.ts'
import { whyNoCluster } from './host/requirements.ts'
import { HOG_IMAGE, LOOKUP_IMAGE } from './images/importImages.ts'
import { API_SERVICE_ADDRESS, SECOND_NODE, STATE_FOLDER } from './names.ts'
import { readClusterPids, readCgroupHierarchies } from './host/cgroups.ts'
import { identifyProcess } from './process/identity.ts'
import { runCommand } from './process/run.ts'
import { waitUntil } from './process/wait.ts'
import { nextSequence, readKills } from '../support/kernelLog.ts'
import { readRecord, saveRecord } from './record.ts'
import { leftoversExist, takeDown } from './takeDown.ts'
import { whyNoMachine } from './vm/requirements.ts'
import { describeUnless, itUnless } from '../support/leftOut.ts'

const log = (): void => {}
const mine = { log, ownerPid: process.pid }
const CLI = join(import.meta.dirname, 'cli.ts')

/** A server whose worker wants more than the container may have; it notices and goes on. */
const SHOP = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'shop', namespace: 'default' },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'web',
        image: HOG_IMAGE,
        imagePullPolicy: 'Never',
        args: ['--in=child', '--mib=200', '--name=worker'],
        resources: { limits: { memory: '48Mi' } },
      },
    ],
  },
}

async function findLeftovers(): Promise<string[]> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
  const rules = await runCommand(['iptables-save'])
  const links = await runCommand(['ip', '-brief', 'link'])
  const found: string[] = []
  if (leftoversExist()) found.push('state folder, veth or cgroup')
  if (readClusterPids(readCgroupHierarchies()).length > 0) found.push('processes')
  if (/oomkeeper-test|kubelet|containerd|\/netns\//.test(mounts)) found.push(`mounts: ${mounts}`)
  if (/KUBE-|CNI-/.test(rules)) found.push(`iptables rules: ${rules}`)
  if (/oomk-test|cni0|veth|tap-/.test(links)) found.push(`network devices: ${links}`)
  return found
}

function startCli(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], {
    stdio: 'ignore',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
}

describeUnless(whyNoCluster(), 'the test cluster on this machine', () => {
  let release = (): void => {}
  const sysctls = (): string =>
    readFileSync('/proc/sys/vm/overcommit_memory', 'utf8') + readFileSync('/proc/sys/kernel/panic', 'utf8')
  let sysctlsBefore = ''

  beforeAll(async () => {
    const reserved = await reserveCluster(mine)
    release = reserved.release
    await downCluster(log)
    sysctlsBefore = sysctls()
    expect(await findLeftovers()).toEqual([])
  }, 3_600_000)

  afterAll(async () => {
    await downCluster(log)
    release()
  }, 60_000)

  it('comes up within a minute, and a second time it is the same one', async () => {
    const startedMs = performance.now()
    const first = await ensureCluster(mine)
    expect(performance.now() - startedMs).toBeLessThan(60_000)
    const { pid } = first.part('etcd')
    const second = await ensureCluster(mine)
    expect([first.created, second.created]).toEqual([true, false])
    expect(second.part('etcd').pid).toBe(pid)
  }, 90_000)

  it('runs a pod that outlives the kernel killing its child: Running, no restart, logs, exec and events work', async () => {
    const { kubectl, node } = await ensureCluster(mine)
    const fromSequence = nextSequence()
    await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(SHOP) })
    const killed = async (): Promise<true | undefined> =>
      (await kubectl(['logs', 'shop'])).includes('killed by signal 9') ? true : undefined
    await waitUntil('the kill of the child', killed, { deadlineMs: 30_000, everyMs: 250 })
    // By sequence: in a ring that is full, an old kill line goes for each new one.
    expect(readKills(fromSequence).map(({ command }) => command)).toContain('worker')
    const pod = await kubectl([
      'get',
      'pod',
      'shop',
      '-o',
      'jsonpath={.status.phase} {.status.containerStatuses[0].restartCount} {.spec.nodeName}',
    ])
    expect(pod).toBe(`Running 0 ${node}`)
    await expect(kubectl(['exec', 'shop', '--', '/hog', '--in=bad'])).rejects.toThrow(
      'expected --in self or --in child',
    )
    const events = await kubectl(['get', 'events', '-o', 'jsonpath={.items[*].reason}'])
    expect(events).toContain('Started')
    expect(events).not.toContain('OOMKilling')
  }, 60_000)

  it('answers pods that ask for a Service by its short name, and says no at once to what it does not know', async () => {
    const { kubectl } = await ensureCluster(mine)
    const lookUp = (pod: string, name: string): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: pod, namespace: 'default' },
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'lookup', image: LOOKUP_IMAGE, imagePullPolicy: 'Never', args: [name] }],
      },
    })
    const items = [lookUp('known', 'kubernetes.default.svc'), lookUp('unknown', 'nobody.example')]
    await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
    const said = async (pod: string, phase: string): Promise<string> => {
      await kubectl(['wait', `pod/${pod}`, `--for=jsonpath={.status.phase}=${phase}`, '--timeout=30s'])
      return (await kubectl(['logs', pod])).trim()
    }
    expect(await said('known', 'Succeeded')).toBe(API_SERVICE_ADDRESS)
    expect(await said('unknown', 'Failed')).toMatch(/nobody\.example.* no such host$/)
  }, 60_000)

  it('restarts nats-server, killed, on the same address', async () => {
    const { nats } = await ensureCluster(mine)
    const { pid } = nats.process
    await nats.process.kill()
    await nats.process.start()
    expect(nats.process.pid).not.toBe(pid)
    expect(readRecord()?.parts.find(({ name }) => name === 'nats-server')?.pid).toBe(nats.process.pid)
  }, 30_000)

  it('belongs to its checkout while that is there, and to nobody afterwards', async () => {
    const record = readRecord()
    if (record === undefined) throw new Error('expected a record')
    saveRecord({ ...record, owner: { checkout: '/tmp' } })
    await expect(downCluster(log)).rejects.toThrow(/belongs to \/tmp, since .*: run "make cluster-down" there first/)
    await expect(ensureCluster(mine)).rejects.toThrow('belongs to /tmp')
    saveRecord({ ...record, owner: { checkout: '/tmp', process: { ...identifyProcess(process.pid), startTicks: 1 } } })
    await downCluster(log)
    expect(await findLeftovers()).toEqual([])
  }, 30_000)

  it('is made anew when a part of it has died', async () => {
    const first = await ensureCluster(mine)
    await first.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(SHOP) })
    const running = async (): Promise<true | undefined> =>
      (await first.kubectl(['get', 'pod', 'shop', '-o', 'jsonpath={.status.phase}'])) === 'Running' ? true : undefined
    await waitUntil('the pod to run', running, { deadlineMs: 30_000, everyMs: 250 })
    await first.part('containerd').kill()
    const second = await ensureCluster(mine)
    expect(second.created).toBe(true)
    await expect(second.kubectl(['get', 'pods', '-o', 'name'])).resolves.toBe('')
  }, 120_000)

  it('is taken down without a trace, by the pods on it too', async () => {
    const { kubectl } = await ensureCluster(mine)
    await kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(SHOP) })
    await downCluster(log)
    expect(await findLeftovers()).toEqual([])
    expect(sysctls()).toBe(sysctlsBefore)
  }, 30_000)

  it.each([1, 4, 9])(
    'leaves nothing that a later one does not clear when cluster-up is killed at %i parts',
    async (parts) => {
      const harness = startCli('up')
      const ended = new Promise((resolve) => harness.once('exit', resolve))
      const begun = (): true | undefined => ((readRecord()?.parts.length ?? 0) >= parts ? true : undefined)
      await waitUntil(`${parts} parts`, begun, { deadlineMs: 60_000, everyMs: 5 })
      harness.kill('SIGKILL')
      await ended
      expect(leftoversExist()).toBe(true)
      if (parts === 4) {
        const { created } = await ensureCluster(mine)
        expect(created).toBe(true)
      }
      await takeDown()
      expect(await findLeftovers()).toEqual([])
      expect(existsSync(STATE_FOLDER)).toBe(false)
      expect(sysctls()).toBe(sysctlsBefore)
    },
    90_000,
  )

  itUnless(
    whyNoMachine(),
    'leaves nothing of a second node either, when cluster-up is killed while that boots',
    async () => {
      const harness = startCli('up', '--nodes', '2')
      const ended = new Promise((resolve) => harness.once('exit', resolve))
      const boots = (): true | undefined =>
        readRecord()?.parts.some(({ name }) => name === SECOND_NODE.name) === true ? true : undefined
      await waitUntil('the second node to boot', boots, { deadlineMs: 60_000, everyMs: 5 })
      harness.kill('SIGKILL')
      await ended
      await takeDown()
      expect(await findLeftovers()).toEqual([])
      expect(existsSync(STATE_FOLDER)).toBe(false)
    },
    90_000,
  )
})
