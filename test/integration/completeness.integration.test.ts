import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { statusSubject } from '../../contract/subjects.ts'
import { nodeStatus, type Completeness } from '../../contract/nodeStatus.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { readMetric, type AgentProcess } from '../support/agentProcess.ts'
import { useAgentWorld } from '../support/agentWorld.ts'
import { floodRing } from '../support/floodRing.ts'
import { readKernelKills } from '../support/kernelKills.ts'
import { nextSequence, readKills } from '../support/kernelLog.ts'
import { KillingCgroup } from '../support/memcgKill.ts'
import { describeUnless, notRoot } from '../support/leftOut.ts'

describeUnless(notRoot, 'the agent’s account of real kills, with the kernel’s own counter', () => {
  const world = useAgentWorld()
  let cgroup: KillingCgroup
  let agent: AgentProcess

  beforeEach(async () => {
    cgroup = new KillingCgroup(`oomkeeper-test-completeness-${process.pid}`, 16)
    await world.stream.createBeside()
  }, 30_000)

  afterEach(() => {
    cgroup.remove()
  })

  async function kill(times: number): Promise<void> {
    for (let kill = 0; kill < times; kill++) await cgroup.kill()
  }

  /** What the node's status says, once it accounts for every kill that the kernel counts now. */
  function untilAccounted(): Promise<Completeness> {
    const probe = async () => {
      const message = await world.stream.jsm.streams.getMessage('OOM_STATUS', {
        last_by_subj: statusSubject(world.node),
      })
      const { completeness } = nodeStatus.parse(message.json())
      if (completeness?.kernelKills !== readKernelKills()) return undefined
      const { killsBefore, killLines, killsLost } = completeness
      return killsBefore + killLines + killsLost === completeness.kernelKills ? completeness : undefined
    }
    return waitUntil('all kills to be accounted for', probe, {
      deadlineMs: 20_000,
      everyMs: 100,
      evidence: () => agent.program.tail(),
    })
  }

  it('accounts for kills before it was there, while it runs, and while it was down after kill -9', async () => {
    await kill(3)
    agent = await world.start()
    const first = await untilAccounted()
    expect(first).toMatchObject({ killsLost: 0, killsUnseen: 0 })

    // Anybody who may write to the log can print a kill; nobody can as the kernel.
    writeFileSync('/dev/kmsg', '<3>Memory cgroup out of memory: Killed process 1 (init) total-vm:9kB, anon-rss:1kB\n')
    const forged = async () => (await readMetric(agent, 'forged_kill_lines_total')) > 0 || undefined
    await waitUntil('the forged line to be counted', forged, { deadlineMs: 5_000 })

    const fromSequence = nextSequence()
    await kill(5)
    await agent.program.kill()
    await kill(5)
    agent = await world.start()
    await kill(2)
    const last = await untilAccounted()
    const grown = last.kernelKills - first.kernelKills
    expect(grown).toBeGreaterThanOrEqual(12)
    expect(last).toEqual({ ...first, kernelKills: last.kernelKills, killLines: first.killLines + grown })
    expect(last).toMatchObject({ killsLost: 0, killsUnseen: 0 })
    expect(await (await fetch(`${agent.baseUrl}/metrics`)).text()).toMatch(/^oomkeeper_agent_kills_unseen 0$/m)

    // Lines that the kernel printed, lines told: the same, in order.
    const lines = readKills(fromSequence).map(({ sequence }) => sequence)
    const told = (await world.stream.events())
      .map(({ sequence }) => sequence)
      .filter((sequence) => sequence >= fromSequence)
    expect(told).toEqual(lines)
    expect((await world.stream.events()).map(({ victim }) => victim?.pid)).not.toContain(1)
    expect(lines).toHaveLength(grown)
  }, 90_000)

  it('tells by their cgroup’s count the kills whose lines are overwritten while no agent runs', async () => {
    agent = await world.start()
    await kill(2)
    const first = await untilAccounted()
    await agent.program.kill()
    await kill(3)
    floodRing(nextSequence())
    agent = await world.start()
    await kill(1)
    const last = await untilAccounted()
    expect(last).toMatchObject({ killsUnseen: 0, killsBefore: first.killsBefore })
    expect(last.killLines).toBeGreaterThan(first.killLines)
    expect(last.killsRecovered).toBeGreaterThanOrEqual(3)
    const recovered = (await world.stream.events()).filter(({ source }) => source === 'memoryEvents')
    const ours = recovered.filter(({ attribution }) => attribution.cgroupPath === cgroup.path)
    expect(ours).toHaveLength(3)
  }, 90_000)
})
