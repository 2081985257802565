import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pid } from 'node:process'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { readMetric, startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { KillStreamView } from '../support/killStream.ts'
import { describeUnless, notRoot } from '../support/leftOut.ts'
import { KillingCgroup } from '../support/memcgKill.ts'

const MIB = 1024 * 1024
const NODES = ['node-a', 'node-b']

let folder: string
let nats: PrivateNats
let stream: KillStreamView
let agents: AgentProcess[] = []
/** The nodes' own cgroups, and one that is no node's. */
const CGROUPS = [...NODES, 'machine'].map((name) => `oomkeeper-shared-${pid}-${name}`)

describeUnless(notRoot, 'agents of two nodes that share this kernel and its log, with real kills', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'oomkeeper-shared-'))
    nats = await startNats({ nodes: NODES, log: () => undefined })
    stream = await KillStreamView.open(nats)
    await stream.create(64 * MIB)
  }, 120_000)

  afterAll(async () => {
    for (const { program } of agents) await program.kill()
    await stream.close()
    await nats.dispose()
    rmSync(folder, { recursive: true, force: true })
  }, 30_000)

  it('tell each kill once: the node whose cgroup the victim was in does, and what is no node’s nobody tells', async () => {
    const killing = CGROUPS.map((name) => new KillingCgroup(name, 16))
    try {
      agents = await Promise.all(
        NODES.map((node, at) => startAgent({ node, nats, folder, nodeCgroup: `/${CGROUPS[at]}` })),
      )
      for (const { program } of agents) await program.said('this node shares its kernel with others')
      const pids: number[] = []
      for (const cgroup of killing) pids.push(await cgroup.kill())
      await waitUntil(
        'both to have read all',
        async () => {
          const counted = await Promise.all(agents.map((one) => readMetric(one, 'foreign_kills_total')))
          const stored = await stream.count()
          return (stored >= 2 && counted.every((kills) => kills >= 2)) || undefined
        },
        { deadlineMs: 20_000 },
      )
      const told = (await stream.events()).map(({ node, victim, attribution }) => [
        node,
        victim?.pid,
        attribution.cgroupPath,
      ])
      expect(told.toSorted(([a], [b]) => String(a).localeCompare(String(b)))).toEqual(
        NODES.map((node, at) => [node, pids[at], `/${CGROUPS[at]}`]),
      )
    } finally {
      for (const cgroup of killing) cgroup.remove()
    }
  }, 60_000)
})
