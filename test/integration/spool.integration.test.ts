import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { waitUntil } from '../cluster/process/wait.ts'
import { readMetric, type AgentProcess } from '../support/agentProcess.ts'
import { useAgentWorld } from '../support/agentWorld.ts'
import { readRecording, repeat } from '../support/recording.ts'
import { itUnless, notRoot } from '../support/leftOut.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const MIB = 1024 * 1024
const recorded = readRecording('6.18-memcg-v1.kmsg')
const world = useAgentWorld({ maxBytes: 256 * MIB })

/** A log of kills, each with its dump, so many a second at its own pace. */
function writeLog(kills: number, { from = 0, perSecond = 1_000 } = {}): string {
  const file = join(world.folder, `${from}-${kills}.kmsg`)
  writeFileSync(file, repeat(recorded, kills, { from, usecApart: 1_000_000 / perSecond }))
  return file
}

const sequencesOf = (kills: number): number[] => Array.from({ length: kills }, (_, kill) => 425 + kill * 1000)

function agent(kmsg: string, options: { pace?: 'kept' | 'fast'; spoolMaxBytes?: number } = {}) {
  return world.start({ kmsg, bootId: BOOT, ...options })
}

function untilPending(of: AgentProcess, kills: number): Promise<true> {
  const probe = async () => ((await readMetric(of, 'kills_pending')) >= kills ? (true as const) : undefined)
  return waitUntil(`${kills} kills to wait`, probe, {
    deadlineMs: 60_000,
    everyMs: 50,
    evidence: () => of.program.tail(),
  })
}

describe('the agent’s spool, with a real nats-server', () => {
  it('keeps 3,600 kills while NATS is away and the agent is killed: all there afterwards, in order, once', async () => {
    await world.nats.process.stop()
    const first = await agent(writeLog(3_600))
    // Killed while it writes: what it reads again is not spooled again.
    await first.program.said('"sequence":1000425', 60_000)
    await first.program.kill()
    const second = await agent(writeLog(3_600))
    await untilPending(second, 3_600)
    await second.program.kill()

    // Nothing is left of the kernel's log: what is told comes from the disk.
    const third = await agent(writeLog(1, { from: 3_600 }))
    await third.program.said('expected a NATS server that takes this login')
    expect(await readMetric(third, 'kills_pending')).toBeGreaterThanOrEqual(3_600)
    await world.nats.process.start()
    expect(await third.program.ended).toEqual({ code: 0, signal: null })
    const told = (await world.stream.events()).map(({ sequence }) => sequence)
    expect(told).toEqual(sequencesOf(3_601))
  }, 180_000)

  it('keeps kills while its login is refused, says so, and sends them when the secret is right again', async () => {
    const secret = join(world.folder, `nats-${world.node}`)
    const kills = 200
    const { program, baseUrl } = await agent(writeLog(kills, { perSecond: 50 }), { pace: 'kept' })
    await waitUntil('a first kill', async () => ((await world.stream.count()) > 3 ? true : undefined), {
      deadlineMs: 20_000,
    })
    const right = readFileSync(secret, 'utf8')
    writeFileSync(secret, 'wrong')
    await world.nats.process.kill()
    await world.nats.process.start()
    await untilPending({ program, baseUrl }, 20)
    // First it knows only that the connection has ended: it is refused when it comes again.
    const refused = async () => {
      const text = await (await fetch(`${baseUrl}/readyz`)).text()
      return /^not connected to NATS: AUTHORIZATION_VIOLATION; the server refuses this login: /m.test(text)
        ? text
        : undefined
    }
    const ready = await waitUntil('the refusal to be told', refused, { deadlineMs: 20_000, everyMs: 50 })
    expect(ready).toMatch(/\d+ kills wait: the connection to NATS is down/)

    writeFileSync(secret, right)
    expect((await program.ended).code).toBe(0)
    expect((await world.stream.events()).map(({ sequence }) => sequence)).toEqual(sequencesOf(kills))
  }, 60_000)

  it('gives up the oldest kills when it is full, and says how many', async () => {
    await world.nats.process.stop()
    const first = await agent(writeLog(1_200), { spoolMaxBytes: MIB })
    await untilPending(first, 300)
    const [pending, dropped] = [
      await readMetric(first, 'kills_pending'),
      await readMetric(first, 'kills_dropped_total'),
    ]
    expect(dropped).toBeGreaterThan(0)
    expect(pending + dropped).toBe(1_200)
    expect(first.program.log).toContain('the spool was full')
    await world.nats.process.start()
    expect((await first.program.ended).code).toBe(0)
    expect((await world.stream.events()).map(({ sequence }) => sequence)).toEqual(sequencesOf(1_200).slice(dropped))
  }, 120_000)

  itUnless(
    notRoot,
    'survives a full disk: says so, keeps kills in memory, and puts them on disk when it takes again',
    async () => {
      const state = join(world.folder, `state-${world.node}`)
      mkdirSync(state)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', state])
      try {
        await world.nats.process.stop()
        const kills = 400
        const first = await agent(writeLog(kills, { perSecond: 400 }), { pace: 'kept' })
        await first.program.said('expected to keep kills in the spool, got: ENOSPC')
        await untilPending(first, kills)
        expect(await (await fetch(`${first.baseUrl}/readyz`)).text()).toContain('the spool cannot be used')
        expect(await readMetric(first, 'spool_failures_total')).toBe(1)

        execFileSync('mount', ['-o', 'remount,size=16m', state])
        await first.program.said('the spool takes kills again')
        await first.program.kill()
        await world.nats.process.start()
        const second = await agent(writeLog(1, { from: kills }))
        expect((await second.program.ended).code).toBe(0)
        expect((await world.stream.events()).map(({ sequence }) => sequence)).toEqual(sequencesOf(kills + 1))
      } finally {
        await world.killAgents()
        execFileSync('umount', [state])
      }
    },
    120_000,
  )
})
