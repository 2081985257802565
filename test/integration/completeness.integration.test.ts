import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { KILL_STREAM, statusSubject } from '../../contract/subjects.ts'
import { nodeStatus, type Completeness } from '../../contract/nodeStatus.ts'
import { ensureBuckets, ensureStream } from '../../operator/adapters/natsStreams.ts'
import { statusStreamPlan } from '../../operator/runtime/streamPlan.ts'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { nextSequence, readKills } from '../support/kernelLog.ts'
import { KillStreamView } from '../support/killStream.ts'
import { KillingCgroup } from '../support/memcgKill.ts'
import { describeUnless, notRoot } from '../support/leftOut.ts'

const NODE = 'node-a'

let nats: PrivateNats
let stream: KillStreamView
let folder: string
let cgroup: KillingCgroup
let agent: AgentProcess

const kernelKills = (): number => Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1])

async function kill(times: number): Promise<void> {
  for (let kill = 0; kill < times; kill++) await cgroup.kill()
}

/** What the node's status says, once it accounts for every kill that the kernel counts now. */
function untilAccounted(): Promise<Completeness> {
  const probe = async () => {
    const message = await stream.jsm.streams.getMessage('OOM_STATUS', { last_by_subj: statusSubject(NODE) })
    const { completeness } = nodeStatus.parse(message.json())
    if (completeness?.kernelKills !== kernelKills()) return undefined
    const { killsBefore, killLines, killsLost } = completeness
    return killsBefore + killLines + killsLost === completeness.kernelKills ? completeness : undefined
  }
  return waitUntil('all kills to be accounted for', probe, {
    deadlineMs: 20_000,
    everyMs: 100,
    evidence: () => agent.program.tail(),
  })
}

describeUnless(notRoot, 'the agent’s account of real kills, with the kernel’s own counter', () => {
  beforeAll(async () => {
    nats = await startNats({ nodes: [NODE], log: () => undefined })
    stream = await KillStreamView.open(nats)
  }, 120_000)

  afterAll(async () => {
    await stream.close()
    await nats.dispose()
  }, 30_000)

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'oomkeeper-completeness-'))
    cgroup = new KillingCgroup(`oomkeeper-test-completeness-${process.pid}`, 16)
    await stream.create(64 * 1024 * 1024)
    await ensureStream(stream.jsm, statusStreamPlan)
    await ensureBuckets(stream.js)
  }, 30_000)

  afterEach(async () => {
    await agent.program.kill()
    cgroup.remove()
    await stream.jsm.streams.delete(KILL_STREAM)
    rmSync(folder, { recursive: true, force: true })
  }, 30_000)

  it('accounts for kills before it was there, while it runs, and while it was down after kill -9', async () => {
    await kill(3)
    agent = await startAgent({ node: NODE, nats, folder })
    const first = await untilAccounted()
    expect(first).toMatchObject({ killsLost: 0, killsUnseen: 0 })

    // Anybody who may write to the log can print a kill; nobody can as the kernel.
    writeFileSync('/dev/kmsg', '<3>Memory cgroup out of memory: Killed process 1 (init) total-vm:9kB, anon-rss:1kB\n')
    const forged = async () => {
      const text = await (await fetch(`${agent.baseUrl}/metrics`)).text()
      return /^oomkeeper_agent_forged_kill_lines_total [1-9]/m.test(text) || undefined
    }
    await waitUntil('the forged line to be counted', forged, { deadlineMs: 5_000 })

    const fromSequence = nextSequence()
    await kill(5)
    await agent.program.kill()
    await kill(5)
    agent = await startAgent({ node: NODE, nats, folder })
    await kill(2)
    const last = await untilAccounted()
    const grown = last.kernelKills - first.kernelKills
    expect(grown).toBeGreaterThanOrEqual(12)
    expect(last).toEqual({ ...first, kernelKills: last.kernelKills, killLines: first.killLines + grown })
    expect(last).toMatchObject({ killsLost: 0, killsUnseen: 0 })
    expect(await (await fetch(`${agent.baseUrl}/metrics`)).text()).toMatch(/^oomkeeper_agent_kills_unseen 0$/m)

    // Lines that the kernel printed, lines told: the same, in order.
    const lines = readKills(fromSequence).map(({ sequence }) => sequence)
    const told = (await stream.events()).map(({ sequence }) => sequence).filter((sequence) => sequence >= fromSequence)
    expect(told).toEqual(lines)
    expect((await stream.events()).map(({ victim }) => victim?.pid)).not.toContain(1)
    expect(lines).toHaveLength(grown)
  }, 90_000)
})
