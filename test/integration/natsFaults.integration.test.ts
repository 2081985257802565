import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { KILL_STREAM } from '../../contract/subjects.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { readMetric, startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { sayFault, secondsSince } from '../support/faultLine.ts'
import { readRecording, repeat } from '../support/recording.ts'
import { untilReady, type OperatorProcess } from '../support/stack.ts'
import type { OperatorWorld } from './operatorWorld.ts'
import { useOperatorWorld } from './useOperatorWorld.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
/** Longer than the operator's lease of 15 s and any wait before an agent connects again. */
const AWAY_MS = 25_000
const MIB = 1024 * 1024

const recorded = readRecording('6.18-memcg-v1.kmsg')
const agents: AgentProcess[] = []
let world: OperatorWorld

useOperatorWorld((started) => {
  world = started
})

afterEach(async () => {
  for (const { program } of agents.splice(0)) await program.kill()
})

/** An agent of this node that reads so many kills, each with its dump, so many a second. */
async function startReader(node: string, kills: number, perSecond: number): Promise<AgentProcess> {
  const kmsg = join(world.folder, `${node}-${kills}.kmsg`)
  writeFileSync(kmsg, repeat(recorded, kills, { usecApart: 1_000_000 / perSecond }))
  const agent = await startAgent({ node, nats: world.nats, folder: world.folder, kmsg, bootId: BOOT, pace: 'kept' })
  agents.push(agent)
  return agent
}

const countedOn = async (node: string): Promise<number> => (await world.nodeReport(node))?.kills ?? 0

async function untilCounted(node: string, kills: number): Promise<void> {
  const isSo = async () => {
    const counted = await countedOn(node)
    if (counted >= kills) return true as const
    throw new Error(`${counted} are counted`)
  }
  await waitUntil(`${kills} kills of ${node}`, isSo, { deadlineMs: 60_000, everyMs: 200 })
}

async function figureOf({ baseUrl }: OperatorProcess, name: string): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text()
  return Number(new RegExp(`^oomkeeper_operator_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

describe('agent and operator, when NATS fails them, with real nats-server, etcd and kube-apiserver', () => {
  it('count all kills of an absence longer than the lease and the agents’ waits, and the leader stays', async () => {
    const operator = await world.readyOperator({
      OOMKEEPER_LEADER_ELECT: 'true',
      OOMKEEPER_LEASE_NAMESPACE: 'shop',
    })
    const kills = 800
    const agent = await startReader('node-a', kills, 20)
    await untilCounted('node-a', 20)
    await world.nats.process.kill()
    await sleep(AWAY_MS)
    const pending = await readMetric(agent, 'kills_pending')
    expect(pending).toBeGreaterThan(300)
    expect(await (await fetch(`${operator.baseUrl}/readyz`)).text()).toContain('nats: ')
    const startedMs = performance.now()
    await world.nats.process.start()
    await untilReady(operator)
    const readyAfter = secondsSince(startedMs)
    expect((await agent.program.ended).code).toBe(0)
    await untilCounted('node-a', kills)
    await world.untilSettled()
    expect(await countedOn('node-a')).toBe(kills)
    // The apiserver was there all the while.
    expect(operator.program.log.match(/"msg":"leading"/g)).toHaveLength(1)
    sayFault(`NATS away for ${AWAY_MS / 1_000} s`, {
      kills,
      counted: kills,
      'waited on the node': pending,
      'ready again after': readyAfter,
    })
  }, 180_000)

  it('keep what a full stream does not take, let its filling be seen, and count all once it has room', async () => {
    const jsm = await world.jsm()
    await jsm.streams.purge(KILL_STREAM)
    const operator = await world.readyOperator({ OOMKEEPER_STREAM_MAX_BYTES: String(MIB) })
    const kills = 400
    const agent = await startReader('node-b', kills, 200)
    // As the alert OOMStreamFilling reads it; the figures are looked at every 15 s.
    const isFilling = async () => {
      const share = (await figureOf(operator, 'stream_bytes')) / (await figureOf(operator, 'stream_max_bytes'))
      return share > 0.8 ? share : undefined
    }
    const share = await waitUntil('the stream to fill', isFilling, { deadlineMs: 40_000, everyMs: 500 })
    const pending = await readMetric(agent, 'kills_pending')
    expect(pending).toBeGreaterThan(0)
    let purges = 0
    const isAllSent = async () => {
      if (!agent.program.running) return true as const
      // What is counted makes room, by hand: the operator itself keeps it for the hour of the dedupe window.
      const { sequence } = await world.untilSettled()
      await jsm.streams.purge(KILL_STREAM, { seq: sequence + 1 })
      purges++
      return undefined
    }
    await waitUntil('the agent to send all', isAllSent, { deadlineMs: 90_000, everyMs: 500 })
    expect((await agent.program.ended).code).toBe(0)
    await untilCounted('node-b', kills)
    await world.untilSettled()
    expect(await countedOn('node-b')).toBe(kills)
    sayFault('stream full', {
      kills,
      counted: kills,
      filled: `${(share * 100).toFixed(0)} %`,
      'waited on the node': pending,
      purges,
    })
  }, 180_000)
})
