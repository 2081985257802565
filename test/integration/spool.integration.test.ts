import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { KILL_STREAM } from '../../contract/subjects.ts'
import { startNats, type PrivateNats } from '../cluster/privateServers.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { startAgent, type AgentProcess } from '../support/agentProcess.ts'
import { KillStreamView } from '../support/killStream.ts'
import { readRecording, recast } from '../support/recording.ts'
import { itUnless, notRoot } from '../support/leftOut.ts'

const NODE = 'node-a'
const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const MIB = 1024 * 1024
const recorded = readRecording('6.18-memcg-v1.kmsg')

let nats: PrivateNats
let stream: KillStreamView
let folder: string
const started: AgentProcess[] = []

/** A log of kills, each with its dump, so many a second at its own pace. */
function writeLog(kills: number, { from = 0, perSecond = 1_000 } = {}): string {
  const file = join(folder, `${from}-${kills}.kmsg`)
  const usec = 1_000_000 / perSecond
  const copies = Array.from({ length: kills }, (_, kill) =>
    recast(recorded, { sequenceOffset: (from + kill) * 1000, usecOffset: (from + kill) * usec }),
  )
  writeFileSync(file, copies.join(''))
  return file
}

const sequencesOf = (kills: number): number[] => Array.from({ length: kills }, (_, kill) => 425 + kill * 1000)

async function agent(kmsg: string, options: { pace?: 'kept' | 'fast'; spoolMaxBytes?: number } = {}) {
  const process = await startAgent({ node: NODE, nats, folder, kmsg, bootId: BOOT, ...options })
  started.push(process)
  return process
}

/** A metric's value, its labels summed. */
async function metric({ baseUrl }: AgentProcess, name: string): Promise<number> {
  const text = await (await fetch(`${baseUrl}/metrics`)).text()
  const samples = [...text.matchAll(new RegExp(`^oomkeeper_agent_${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
  return samples.reduce((sum, [, value]) => sum + Number(value), 0)
}

function untilPending(of: AgentProcess, kills: number): Promise<true> {
  const probe = async () => ((await metric(of, 'kills_pending')) >= kills ? (true as const) : undefined)
  return waitUntil(`${kills} kills to wait`, probe, {
    deadlineMs: 60_000,
    everyMs: 50,
    evidence: () => of.program.tail(),
  })
}

beforeAll(async () => {
  nats = await startNats({ nodes: [NODE], log: () => undefined })
  stream = await KillStreamView.open(nats)
}, 120_000)

afterAll(async () => {
  await stream.close()
  await nats.dispose()
}, 30_000)

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-spool-'))
  await stream.create(256 * MIB)
}, 30_000)

afterEach(async () => {
  for (const { program } of started.splice(0)) await program.kill()
  await stream.jsm.streams.delete(KILL_STREAM).catch(() => undefined)
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

describe('the agent’s spool, with a real nats-server', () => {
  it('keeps 3,600 kills while NATS is away and the agent is killed: all there afterwards, in order, once', async () => {
    await nats.process.stop()
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
    expect(await metric(third, 'kills_pending')).toBeGreaterThanOrEqual(3_600)
    await nats.process.start()
    expect(await third.program.ended).toEqual({ code: 0, signal: null })
    const told = (await stream.events()).map(({ sequence }) => sequence)
    expect(told).toEqual(sequencesOf(3_601))
  }, 180_000)

  it('keeps kills while its login is refused, says so, and sends them when the secret is right again', async () => {
    const secret = join(folder, `nats-${NODE}`)
    const kills = 200
    const { program, baseUrl } = await agent(writeLog(kills, { perSecond: 50 }), { pace: 'kept' })
    await waitUntil('a first kill', async () => ((await stream.count()) > 3 ? true : undefined), { deadlineMs: 20_000 })
    const right = readFileSync(secret, 'utf8')
    writeFileSync(secret, 'wrong')
    await nats.process.kill()
    await nats.process.start()
    await untilPending({ program, baseUrl }, 20)
    const ready = await (await fetch(`${baseUrl}/readyz`)).text()
    expect(ready).toContain('not connected to NATS')
    expect(ready).toMatch(/\d+ kills wait: the connection to NATS is down/)

    writeFileSync(secret, right)
    expect((await program.ended).code).toBe(0)
    expect((await stream.events()).map(({ sequence }) => sequence)).toEqual(sequencesOf(kills))
  }, 60_000)

  it('gives up the oldest kills when it is full, and says how many', async () => {
    await nats.process.stop()
    const first = await agent(writeLog(1_200), { spoolMaxBytes: MIB })
    await untilPending(first, 300)
    const [pending, dropped] = [await metric(first, 'kills_pending'), await metric(first, 'kills_dropped_total')]
    expect(dropped).toBeGreaterThan(0)
    expect(pending + dropped).toBe(1_200)
    expect(first.program.log).toContain('the spool was full')
    await nats.process.start()
    expect((await first.program.ended).code).toBe(0)
    expect((await stream.events()).map(({ sequence }) => sequence)).toEqual(sequencesOf(1_200).slice(dropped))
  }, 120_000)

  itUnless(
    notRoot,
    'survives a full disk: says so, keeps kills in memory, and puts them on disk when it takes again',
    async () => {
      const state = join(folder, `state-${NODE}`)
      mkdirSync(state)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', state])
      try {
        await nats.process.stop()
        const kills = 400
        const first = await agent(writeLog(kills, { perSecond: 400 }), { pace: 'kept' })
        await first.program.said('expected to keep kills in the spool, got: ENOSPC')
        await untilPending(first, kills)
        expect(await (await fetch(`${first.baseUrl}/readyz`)).text()).toContain('the spool cannot be used')
        expect(await metric(first, 'spool_failures_total')).toBe(1)

        execFileSync('mount', ['-o', 'remount,size=16m', state])
        await first.program.said('the spool takes kills again')
        await first.program.kill()
        await nats.process.start()
        const second = await agent(writeLog(1, { from: kills }))
        expect((await second.program.ended).code).toBe(0)
        expect((await stream.events()).map(({ sequence }) => sequence)).toEqual(sequencesOf(kills + 1))
      } finally {
        for (const { program } of started.splice(0)) await program.kill()
        execFileSync('umount', [state])
      }
    },
    120_000,
  )
})
