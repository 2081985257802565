import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { connect, type KV, type NatsConnection } from 'nats'
import { desiredRuleOf } from '../../agent/testing/rules.ts'
import { encodeDesiredState } from '../../contract/desiredState.ts'
import type { AgentMode } from '../../contract/nodeStatus.ts'
import { DESIRED_BUCKET, nodeToken } from '../../contract/subjects.ts'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { readMetric, startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { maskOf, parseCapabilitySets, renderAgentContainer, renderEntryPoint } from '../support/agentRights.ts'
import { FakeContainer, removeFakeKubepods, scoreOf } from '../support/fakeContainer.ts'
import { rightsOf } from '../support/chartRights.ts'
import { ensureHelm, renderChart, type Helm } from '../support/helm.ts'
import { KillStreamView } from '../support/killStream.ts'
import { describeUnless, itUnless, notRoot } from '../support/leftOut.ts'
import { outcomesOf, untilNodeStatus } from '../support/nodeStatuses.ts'

const NODE = 'node-a'
const SOMEBODY = 65_534
const KEPT: Readonly<Record<AgentMode, readonly string[]>> = {
  detect: ['SYSLOG'],
  raise: ['SYSLOG', 'DAC_OVERRIDE', 'SYS_PTRACE'],
  full: ['SYSLOG', 'DAC_OVERRIDE', 'SYS_PTRACE', 'SYS_RESOURCE'],
}
const MODES = Object.keys(KEPT) as AgentMode[]
const BUNDLE = resolve(import.meta.dirname, '../../dist/agent.mjs')
const openLog =
  readFileSync('/proc/sys/kernel/dmesg_restrict', 'utf8').trim() === '0'
    ? 'with kernel.dmesg_restrict=0 everybody may read the log'
    : undefined

let helm: Helm
let nats: PrivateNats
let connection: NatsConnection
let bucket: KV
let folder: string
let container: FakeContainer
let agent: AgentProcess | undefined

/** The agent as its container starts it, on this machine. */
async function start(mode: AgentMode, without?: string): Promise<AgentProcess> {
  const command = [...(await renderEntryPoint(helm, mode, without)), process.execPath, BUNDLE]
  agent = await startAgent({ node: NODE, nats, folder, mode, command })
  await agent.program.said('reading kernel log')
  return agent
}

/** What becomes of a rule that chooses somebody's process by its program. @returns its pid and the outcome */
async function applyRule(): Promise<{ pid: number; outcome: string }> {
  const pid = await container.run(SOMEBODY)
  const { podUid, name, id } = container
  const rules = [desiredRuleOf({ score: { value: 700 }, processes: [{ exe: 'sleep' }] })]
  const containers = [{ podUid, name, containerId: id, rules: [0] }]
  await bucket.put(nodeToken(NODE), encodeDesiredState({ version: 2, node: NODE, rules, containers }))
  const isTold = (outcomes: string[]): boolean => outcomes.length > 0 && !outcomes.some((one) => one.includes('Absent'))
  const told = await untilNodeStatus(
    connection,
    NODE,
    (status) => isTold(outcomesOf(status, id)),
    () => agent?.program.tail() ?? '',
  )
  return { pid, outcome: outcomesOf(told, id).join() }
}

const untilReading = (one: AgentProcess): Promise<true> =>
  waitUntil('records to be read', async () => (await recordsRead(one)) > 0 || undefined, {
    deadlineMs: 10_000,
    evidence: () => one.program.tail(),
  })

/** Records that it has read, once it is listening. */
const recordsRead = (one: AgentProcess): Promise<number> =>
  waitUntil('its metrics', () => readMetric(one, 'kmsg_records_total'), { deadlineMs: 10_000 })

describeUnless(notRoot, 'the agent with what the chart leaves it, and processes of another user', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'oomkeeper-rights-'))
    helm = await ensureHelm(folder)
    nats = await startNats({ nodes: [NODE], log: () => undefined })
    const stream = await KillStreamView.open(nats)
    await stream.createAll(64 * 1024 * 1024)
    await stream.close()
    const { user, password } = nats.users.operator
    connection = await connect({ servers: nats.url, user, pass: password })
    bucket = await connection.jetstream().views.kv(DESIRED_BUCKET, { bindOnly: true })
  }, 1_800_000)

  afterAll(async () => {
    await connection.close()
    await nats.dispose()
    removeFakeKubepods()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(() => {
    container = new FakeContainer()
  })

  afterEach(async () => {
    await agent?.program.kill()
    agent = undefined
    await bucket.delete(nodeToken(NODE))
    await container.remove()
    rmSync(join(folder, `state-${NODE}`), { recursive: true, force: true })
  })

  it.each(MODES)('has in mode %s the capabilities of that mode and no others, for good', async (mode) => {
    const { program } = await start(mode)
    const status = readFileSync(`/proc/${program.pid}/status`, 'utf8')
    // This machine may keep some from everybody.
    const here = parseCapabilitySets(readFileSync('/proc/self/status', 'utf8'))['Bnd'] ?? 0n
    const kept = maskOf(KEPT[mode]) & here
    expect(parseCapabilitySets(status)).toEqual({ Inh: 0n, Prm: kept, Eff: kept, Bnd: kept, Amb: 0n })
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  })

  it.each(MODES)('asks in mode %s for the same where a device plugin gives it the log', async (mode) => {
    const values = [`agent.mode=${mode}`, 'agent.privileged=false', 'agent.kmsgDevice=example.com/kmsg']
    const { command, securityContext } = await renderAgentContainer(helm, values)
    expect(command).toBeUndefined()
    expect(securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: KEPT[mode] },
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(securityContext.privileged).toBeUndefined()
  })

  it('is, as everything that the chart asks for, in the tables of docs/security.md, which have nothing else', async () => {
    const docs = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')
    const section = docs.slice(docs.indexOf('\n## Rights\n'))
    const rows = Array.from(section.matchAll(/^\| ([a-z]+) +\| (.+?) +\|/gm), ([, of, right]) => `${of}: ${right}`)
    const written = rows.filter((row) => row !== 'of: right')
    expect(written.toSorted()).toEqual(rightsOf(await renderChart(helm)).toSorted())
  })

  it.each([
    ['agent.privileged=false', 'agent.privileged=false: expected agent.kmsgDevice too'],
    ['agent.kmsgDevice=example.com/kmsg', 'agent.kmsgDevice: expected agent.privileged=false with it'],
    ['agent.mode=loud', "at '/agent/mode': value must be one of 'detect', 'raise', 'full'"],
    ['agent.hostPID=false', 'agent.hostPID=false: expected agent.mode=detect with it'],
    ['agent.nodeCgroup=docker', "at '/agent/nodeCgroup'"],
  ])('is refused in words where it makes no sense: %s', async (value, words) => {
    await expect(renderChart(helm, [value])).rejects.toThrow(words)
  })

  it.each(MODES)('reads the log in mode %s', async (mode) => {
    await untilReading(await start(mode))
  })

  it('sees in mode detect the node’s processes without its PID namespace, by the node’s /proc', async () => {
    const rights = rightsOf(await renderChart(helm, ['agent.mode=detect', 'agent.hostPID=false']))
    expect(rights.filter((right) => /PID|proc/.test(right))).toEqual(['agent: read /proc'])
    const nodes = join(folder, 'proc')
    mkdirSync(nodes)
    const script = `mount --bind -o ro /proc ${nodes} && mount -t proc proc /proc && exec "$@"`
    const inside = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', script, 'sh']
    const entryPoint = await renderEntryPoint(helm, 'detect')
    const command = [...inside, ...entryPoint, process.execPath, BUNDLE]
    agent = await startAgent({ node: NODE, nats, folder, mode: 'detect', proc: nodes, command })
    await agent.program.said('reading kernel log')
    await untilReading(agent)
    expect(agent.program.log).not.toMatch(/expected to see the host's processes|shares its kernel/)
  })

  it.each(['raise', 'full'] as const)(
    'raises the score of somebody’s process, chosen by its program, in mode %s',
    async (mode) => {
      await start(mode)
      const { pid, outcome } = await applyRule()
      expect(outcome).toBe('applied 1')
      expect(scoreOf(pid)).toBe(700)
    },
  )

  itUnless(openLog, 'does not read the log without CAP_SYSLOG', async () => {
    const started = await start('full', 'SYSLOG')
    await started.program.said("expected to read the kernel's log at /dev/kmsg, got: EPERM")
    expect(await recordsRead(started)).toBe(0)
  })

  it('does not write the score of somebody’s process without CAP_DAC_OVERRIDE, and says so', async () => {
    await start('full', 'DAC_OVERRIDE')
    const { pid, outcome } = await applyRule()
    expect(outcome).toMatch(/^failed 1 WriteFailed .*EACCES.*CAP_DAC_OVERRIDE/)
    expect(scoreOf(pid)).not.toBe(700)
  })

  it('does not see the program of somebody’s process without CAP_SYS_PTRACE, and says so', async () => {
    await start('full', 'SYS_PTRACE')
    expect((await applyRule()).outcome).toMatch(/^failed 1 ProgramUnreadable .*CAP_SYS_PTRACE/)
  })
})
