import { once } from 'node:events'
import { describe, expect, it, jest } from '@jest/globals'
import pino from 'pino'
import { decodeKillEvent, type KillEvent } from '#contract/killEvent.ts'
import { readRecording, recast, repeat } from '../test/support/recording.ts'
import { openLedger } from './completeness/ledger.ts'
import { Agent, type AgentIdentity, type AgentPorts } from './agent.ts'
import type { CgroupCounters } from './killAccount.ts'
import { groupInLog } from './event/groupKill.ts'
import { locateInLog, type LocateVictim } from './event/victimPlace.ts'
import { RecordSplitter } from './kmsg/split.ts'
import { DomainRanking } from './rank/domainRanking.ts'
import { fakeProc } from './rank/fakeProc.testkit.ts'
import { FakeCursorFile, FakeLedgerFile, FakeSpool, FakeStream } from './testing/fakes.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const noCounters: CgroupCounters = {
  settle: () => undefined,
  doubt: () => undefined,
  save: () => undefined,
  restore: () => undefined,
  explainTold: () => undefined,
  explainRecovered: () => false,
}
const NOW_MS = Date.UTC(2026, 10, 23)
const recorded = readRecording('6.18-memcg-v1.kmsg')

/** Ends with its text, as a recording does, or goes on as the device does. */
class FakeSource {
  readonly description = 'test'
  readonly trouble = undefined
  readonly #text: string
  readonly #endless: boolean
  readonly #asked: string[]

  /** @param asked what was asked of it, in order */
  constructor(text: string, endless: boolean, asked: string[]) {
    this.#text = text
    this.#endless = endless
    this.#asked = asked
  }

  async run(onRecord: (record: Buffer) => void, signal: AbortSignal): Promise<void> {
    const splitter = new RecordSplitter(onRecord)
    splitter.push(Buffer.from(this.#text))
    if (this.#endless) await once(signal, 'abort')
  }

  pause(): void {
    this.#asked.push('pause')
  }

  resume(): void {
    this.#asked.push('resume')
  }
}

interface FakeNode {
  monotonicUsec?: number
  kernelKills?: number
  ledgerFile?: FakeLedgerFile
  endless?: boolean
  counters?: Partial<CgroupCounters>
  spool?: FakeSpool
  /** What is asked of the source of records. */
  asked?: string[]
}

function agentFor(
  log: string,
  stream: FakeStream,
  cursorFile: FakeCursorFile,
  ofNode: Partial<AgentIdentity> = {},
  {
    monotonicUsec = 0,
    kernelKills,
    ledgerFile = new FakeLedgerFile(),
    spool = new FakeSpool(),
    endless = false,
    counters,
    asked = [],
  }: FakeNode = {},
): Agent {
  const ports: AgentPorts = {
    source: new FakeSource(log, endless, asked),
    publisher: stream,
    cursorFile,
    ledgerFile,
    counters: { ...noCounters, ...counters },
    readCgroupId: (path) => (path === '/gone' ? undefined : '70'),
    openSpool: () => spool,
    readKernelKills: () => kernelKills,
    now: () => ({ wallMs: NOW_MS, monotonicUsec }),
    random: () => 0,
    logger: pino({ level: 'silent' }),
  }
  const identity = { node: 'node-a', bootId: BOOT, source: 'recording' as const, pageSizeKib: 4 }
  const blind = {
    readLive: () => undefined,
    locate: locateInLog,
    nodeRoot: { kind: 'whole' as const },
    readGroup: groupInLog,
    readContext: () => undefined,
    foresee: () => undefined,
    rankDomain: () => undefined,
  }
  return new Agent({ ...identity, ...blind, ...ofNode }, ports)
}

function eventOf(payload: Uint8Array): KillEvent {
  const decoded = decodeKillEvent(payload)
  if (!decoded.ok) throw new Error(decoded.reason)
  return decoded.event
}

const never = new AbortController().signal

describe('Agent', () => {
  it('leaves to other nodes of its kernel what is theirs: each kill of one log is told once, by the node whose container it was', async () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]
    const from = '/oomkeeper-kernel-12905'
    const pod = `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${BOOT.replaceAll('-', '_')}.slice/${'c'.repeat(64)}`
    const places = [`/docker/${a}${pod}`, `/docker/${b}${pod}`, '/system.slice/docker.service', `/docker/${a}`]
    const lines = places.map((to, at) => recast(recorded, { sequenceOffset: at * 1000, cgroup: { from, to } }))
    // A line alone, of which no node's cgroups tell anything.
    const log = [...lines, recast(recorded.slice(-1), { sequenceOffset: 9000 })].join('')
    const told: [string, KillEvent][] = []
    for (const [node, id] of [
      ['node-a', a],
      ['node-b', b],
    ] as const) {
      const stream = new FakeStream()
      const root = { nodeRoot: { kind: 'container', id, isHidden: true } as const, node }
      const agent = agentFor(log, stream, new FakeCursorFile(), root, { kernelKills: 5 })
      await agent.run(never)
      for (const message of stream.messages.values()) told.push([node, eventOf(message)])
      expect(await agent.metrics.registry.metrics()).toContain(`foreign_kills_total ${node === 'node-a' ? 3 : 4}`)
    }
    expect(told.map(([node, event]) => [node, event.sequence, event.attribution.cgroupPath])).toEqual([
      ['node-a', 425, pod],
      ['node-a', 3425, `/docker/${a}`],
      ['node-b', 1425, pod],
    ])
    expect(told[0]?.[1]).toMatchObject({ attribution: { podUid: BOOT }, domain: { cgroupPath: pod } })
  })

  it('tells each kill once, also when all of it is read again', async () => {
    const stream = new FakeStream()
    const log = recast(recorded, {}) + recast(recorded, { sequenceOffset: 1000 })
    await agentFor(log, stream, new FakeCursorFile()).run(never)
    await agentFor(log, stream, new FakeCursorFile()).run(never)
    expect([...stream.messages.keys()]).toEqual([`oom.v1.kill.node-a.${BOOT}.425`, `oom.v1.kill.node-a.${BOOT}.1425`])
    const decoded = decodeKillEvent(stream.messages.get(`oom.v1.kill.node-a.${BOOT}.1425`) ?? new Uint8Array())
    expect(decoded).toMatchObject({ ok: true, event: { sequence: 1425, victim: { pid: 12950, command: 'tail' } } })
  })

  /** Runs an agent for a moment, and stops it. @returns why it was not ready. */
  async function runFor(ms: number, agent: Agent): Promise<string[]> {
    const stop = new AbortController()
    const running = agent.run(stop.signal)
    await new Promise((resolve) => setTimeout(resolve, ms))
    const reasons = agent.notReady()
    stop.abort()
    await running
    return reasons
  }

  it('keeps a kill that is not stored in the spool, and the next agent sends it without the log', async () => {
    const stream = new FakeStream()
    const cursorFile = new FakeCursorFile()
    const spool = new FakeSpool()
    stream.full = true
    const reasons = await runFor(20, agentFor(recast(recorded, {}), stream, cursorFile, {}, { spool }))
    expect(reasons).toEqual([expect.stringContaining('1 kills wait: the stream OOM_KILLS is full')])
    expect(cursorFile.cursor).toEqual({ bootId: BOOT, sequence: 426 })

    stream.full = false
    await agentFor('', stream, cursorFile, {}, { spool }).run(never)
    expect(stream.messages.size).toBe(1)
    expect(spool.size).toBe(0)
  })

  it('leaves the cursor behind a kill that is neither stored nor on disk, and tells it at the next start', async () => {
    const stream = new FakeStream()
    const cursorFile = new FakeCursorFile()
    const spool = new FakeSpool()
    stream.full = true
    spool.full = true
    const reasons = await runFor(20, agentFor(recast(recorded, {}), stream, cursorFile, {}, { spool }))
    expect(reasons).toContain('the spool cannot be used: kills wait in memory')
    expect(cursorFile.cursor?.sequence).toBe(Number(recorded[0]?.toString().split(',')[1]))

    stream.full = false
    await agentFor(recast(recorded, {}), stream, cursorFile, {}, { spool }).run(never)
    expect(stream.messages.size).toBe(1)
    expect(cursorFile.cursor).toEqual({ bootId: BOOT, sequence: 426 })
  })

  it('leaves records in the kernel’s ring while the disk takes nothing and 8 MiB wait in memory, and reads on after that', async () => {
    const [stream, spool, asked] = [new FakeStream(), new FakeSpool(), [] as string[]]
    stream.full = true
    spool.full = true
    // The longest path that there is, three times in each kill.
    const cgroupPath = `/${'x'.repeat(4_095)}`
    const large: Partial<AgentIdentity> = {
      locate: () => ({ source: 'cache', cgroupPath }),
      readGroup: () => ({ cgroupPath, source: 'setting' }),
      readContext: () => ({ readAfterMs: 0, cgroup: { cgroupPath, usageKib: 0 } }),
    }
    const kills = repeat(recorded, 700)
    const agent = agentFor(kills, stream, new FakeCursorFile(), large, { spool, endless: true, asked })
    const running = runFor(1_500, agent)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(asked).toEqual(['pause'])
    spool.full = false
    await running
    expect(asked).toEqual(['pause', 'resume'])
    expect(spool.size).toBe(700)
  })

  it('tells and counts once what it spooled before a crash and reads again', async () => {
    const stream = new FakeStream()
    const ledgerFile = new FakeLedgerFile()
    const spool = new FakeSpool()
    const log = recast(recorded, {}) + recast(recorded, { sequenceOffset: 1000 })
    stream.full = true
    await runFor(20, agentFor(recast(recorded, {}), stream, new FakeCursorFile(), {}, { spool }))
    stream.full = false
    // Neither cursor nor counts were saved before the crash.
    await agentFor(log, stream, new FakeCursorFile(), {}, { spool, ledgerFile }).run(never)
    expect(spool.ever.map(({ subject }) => subject.split('.').at(-1))).toEqual(['425', '1425'])
    expect(stream.messages.size).toBe(2)
    expect(ledgerFile.ledger).toMatchObject({ lines: 2 })
  })

  it('counts as lost what an agent had found lost before it crashed, though later kills of that time are spooled', async () => {
    const stream = new FakeStream()
    const spool = new FakeSpool()
    const ledgerFile = new FakeLedgerFile()
    const cursorFile = new FakeCursorFile()
    cursorFile.cursor = { bootId: BOOT, sequence: 300 }
    ledgerFile.ledger = openLedger(undefined, BOOT, true)
    const log = recast(recorded, {})
    const node = { spool, kernelKills: 3 }
    const crashed = agentFor(log, stream, new FakeCursorFile(cursorFile.cursor), {}, node)
    await crashed.run(never)
    const agent = agentFor(log, stream, cursorFile, {}, { ...node, ledgerFile })
    await agent.run(never)
    expect(ledgerFile.ledger).toMatchObject({ lines: 1, recordsLost: true })
  })

  it('looks for a victim by a clock that nobody sets, and tells the time by the one that is set', async () => {
    const killUsec = 385_743_518
    const askedAtMs: number[] = []
    const locate: LocateVictim = (_outcome, killedAtMs) => void askedAtMs.push(killedAtMs)
    const stream = new FakeStream()
    const node = { monotonicUsec: killUsec + 2_000_000 }
    await agentFor(recast(recorded, {}), stream, new FakeCursorFile(), { locate }, node).run(never)
    expect(askedAtMs).toEqual([killUsec / 1_000])
    const decoded = decodeKillEvent([...stream.messages.values()][0] ?? new Uint8Array())
    expect(decoded).toMatchObject({ event: { killedAt: new Date(NOW_MS - 2_000).toISOString() } })
  })

  it('goes on at its cursor', async () => {
    const stream = new FakeStream()
    const cursorFile = new FakeCursorFile()
    cursorFile.cursor = { bootId: BOOT, sequence: 426 }
    await agentFor(recast(recorded, {}) + recast(recorded, { sequenceOffset: 1000 }), stream, cursorFile).run(never)
    expect([...stream.messages.keys()]).toEqual([`oom.v1.kill.node-a.${BOOT}.1425`])
  })

  it('tells a storm in order, with who is in line from one look at the processes', async () => {
    const stream = new FakeStream()
    const cgroup = '/kubepods/besteffort/pod1/c1'
    const files = fakeProc([
      { pid: 19316, oomScore: 700, cgroup },
      { pid: 4711, oomScore: 667, cgroup },
    ])
    let looks = 0
    const ranking = new DomainRanking({ ...files, listPids: () => (looks++, files.listPids()) }, () => 0)
    const locate: LocateVictim = (outcome) => locateInLog(outcome) ?? { source: 'cache', cgroupPath: cgroup }
    const ofNode = { locate, rankDomain: ranking.rank.bind(ranking) }
    const log = recast(readRecording('6.18-storm-dumps-suppressed.kmsg'), {})
    const agent = agentFor(log, stream, new FakeCursorFile(), ofNode)
    await agent.run(never)
    const metrics = await agent.metrics.registry.metrics()
    expect(metrics).toContain('attributions_total{source="dump"} 1\n')
    expect(metrics).toContain('attributions_total{source="cache"} 23\n')
    const told = [...stream.messages.values()].map((payload) => decodeKillEvent(payload))
    const events = told.flatMap((decoded) => (decoded.ok ? [decoded.event] : []))
    expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 24 }, (_, at) => 1216 + at))
    expect(events.map(({ candidatesFrom }) => candidatesFrom)).toEqual(['dump', ...Array(23).fill('liveCgroup')])
    expect(events.at(-2)?.candidates.map(({ pid }) => pid)).toEqual([19316, 4711])
    expect(events.at(-1)?.candidates.map(({ pid }) => pid)).toEqual([4711])
    expect(looks).toBe(1)
  })

  it('tells what is younger than the dedupe window by the kernel’s clock, whatever the wall clock says', async () => {
    const killUsec = 385_743_518
    const told = async (monotonicUsec: number): Promise<number> => {
      const stream = new FakeStream()
      await agentFor(recast(recorded, {}), stream, new FakeCursorFile(), {}, { monotonicUsec }).run(never)
      return stream.messages.size
    }
    expect(await told(killUsec + 3_600_000_000)).toBe(1)
    expect(await told(killUsec + 3_600_000_001)).toBe(0)
  })

  it('tells all of a new boot, and what its ring has lost', async () => {
    const stream = new FakeStream()
    const cursorFile = new FakeCursorFile()
    cursorFile.cursor = { bootId: BOOT.replace('0f', '1f'), sequence: 9_000 }
    const node = { monotonicUsec: 86_400_000_000 }
    const agent = agentFor(recast(recorded, {}), stream, cursorFile, { source: 'kmsg' }, node)
    await agent.run(never)
    expect(stream.messages.size).toBe(1)
    await expect(agent.metrics.registry.metrics()).resolves.toContain('oomkeeper_agent_kmsg_lost_records_total 344')
  })

  it('doubts what cgroups have counted after records were lost', async () => {
    let doubts = 0
    const log = recast(recorded, {}) + recast(recorded, { sequenceOffset: 1000 })
    const node = { counters: { doubt: () => void doubts++ } }
    await agentFor(log, new FakeStream(), new FakeCursorFile(), { source: 'kmsg' }, node).run(never)
    expect(doubts).toBe(1)
  })

  it('counts a kill line once over restarts, and keeps the counts with the cursor', async () => {
    const stream = new FakeStream()
    const ledgerFile = new FakeLedgerFile()
    const log = recast(recorded, {}) + recast(recorded, { sequenceOffset: 1000 })
    for (let run = 0; run < 2; run++) {
      await agentFor(log, stream, new FakeCursorFile(), {}, { ledgerFile }).run(never)
    }
    expect(ledgerFile.ledger).toMatchObject({ bootId: BOOT, lines: 2, nextSequence: 1426 })
  })

  it('tells kills whose lines are lost by their cgroups’ counts, as many as are lost', async () => {
    const stream = new FakeStream()
    const log = recast(recorded, {}) + recast(recorded, { sequenceOffset: 1000 })
    const cursorFile = new FakeCursorFile()
    cursorFile.cursor = { bootId: BOOT, sequence: 100 }
    const ledgerFile = new FakeLedgerFile()
    ledgerFile.ledger = { ...openLedger(undefined, BOOT, true) }
    const cgroupPath = `/kubepods/pod${'0'.repeat(32)}/${'c'.repeat(64)}`
    const found = [{ cgroupPath, from: 6, to: 8 }]
    const settle = (): void => agent.foundUnexplained(found.splice(0))
    const node = { kernelKills: 4, ledgerFile, endless: true, counters: { settle } }
    const agent: Agent = agentFor(log, stream, cursorFile, { source: 'kmsg' }, node)
    const stop = new AbortController()
    jest.useFakeTimers()
    const running = agent.run(stop.signal)
    await jest.advanceTimersByTimeAsync(10_000)
    jest.useRealTimers()
    expect([...stream.messages.keys()].slice(2)).toEqual([7, 8].map((at) => `oom.v1.kill.node-a.${BOOT}.m-70-${at}`))
    const decoded = decodeKillEvent([...stream.messages.values()].at(-1) ?? new Uint8Array())
    expect(decoded).toMatchObject({ ok: true, event: { source: 'memoryEvents', attribution: { source: 'counter' } } })
    expect(agent.completeness).toMatchObject({ killLines: 2, killsLost: 2, killsRecovered: 2, killsUnseen: 0 })
    stop.abort()
    await running
  })

  it('knows a victim that a group kill prints again after a crash in its midst', async () => {
    const records = readRecording('6.12-memcg-v2-group.kmsg')
    const second = records.findIndex((record) => record.toString().includes('(sidecar)'))
    const spool = new FakeSpool()
    const stream = new FakeStream()
    await agentFor(recast(records.slice(0, second), {}), stream, new FakeCursorFile(), {}, { spool }).run(never)
    await agentFor(recast(records, {}), stream, new FakeCursorFile(), {}, { spool }).run(never)
    const repeats = [...stream.messages.values()].map((payload) => {
      const decoded = decodeKillEvent(payload)
      return decoded.ok ? [decoded.event.sequence, decoded.event.repeats] : []
    })
    expect(repeats).toEqual([
      [456, undefined],
      [458, undefined],
      [459, 456],
    ])
  })

  it('leaves the cursor before a kill of whose group more may come', async () => {
    const cursorFile = new FakeCursorFile()
    await runFor(20, agentFor(recast(recorded, {}), new FakeStream(), cursorFile, {}, { endless: true }))
    expect(cursorFile.cursor).toEqual({ bootId: BOOT, sequence: 344 })
  })
})
