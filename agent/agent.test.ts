import { describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { decodeKillEvent } from '#contract/killEvent.ts'
import { readRecording, recast } from '../test/support/recording.ts'
import { Agent, type AgentPorts } from './agent.ts'
import { RecordSplitter } from './kmsg/split.ts'
import { FakeCursorFile, FakeStream } from './testing/fakes.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const recorded = readRecording('6.18-memcg-v1.kmsg')

/** Ends with its text, as a recording does. */
class FakeSource {
  readonly description = 'test'
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  run(onRecord: (record: Buffer) => void): Promise<void> {
    const splitter = new RecordSplitter(onRecord)
    splitter.push(Buffer.from(this.#text))
    return Promise.resolve()
  }

  pause(): void {}
  resume(): void {}
}

function agentFor(log: string, stream: FakeStream, cursorFile: FakeCursorFile): Agent {
  const ports: AgentPorts = {
    source: new FakeSource(log),
    publisher: stream,
    cursorFile,
    now: () => ({ wallMs: Date.UTC(2026, 10, 23), monotonicUsec: 0 }),
    random: () => 0,
    logger: pino({ level: 'silent' }),
  }
  const identity = { node: 'node-a', bootId: BOOT, source: 'recording' as const, pageSizeKib: 4 }
  return new Agent({ ...identity, readLive: () => undefined, readCgroup: () => undefined }, ports)
}

const never = new AbortController().signal

describe('Agent', () => {
  it('tells each kill once, also when all of it is read again', async () => {
    const stream = new FakeStream()
    const log = recast(recorded, {}) + recast(recorded, { sequenceOffset: 1000 })
    await agentFor(log, stream, new FakeCursorFile()).run(never)
    await agentFor(log, stream, new FakeCursorFile()).run(never)
    expect([...stream.messages.keys()]).toEqual([`oom.v1.kill.node-a.${BOOT}.425`, `oom.v1.kill.node-a.${BOOT}.1425`])
    const decoded = decodeKillEvent(stream.messages.get(`oom.v1.kill.node-a.${BOOT}.1425`) ?? new Uint8Array())
    expect(decoded).toMatchObject({ ok: true, event: { sequence: 1425, victim: { pid: 12950, command: 'tail' } } })
  })

  it('leaves the cursor behind a kill that is not stored, and tells it at the next start', async () => {
    const stream = new FakeStream()
    const cursorFile = new FakeCursorFile()
    stream.full = true
    const stop = new AbortController()
    const agent = agentFor(recast(recorded, {}), stream, cursorFile)
    const running = agent.run(stop.signal)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(agent.notReady()).toEqual([expect.stringContaining('1 kills wait: the stream OOM_KILLS is full')])
    stop.abort()
    await running
    expect(cursorFile.cursor?.sequence).toBe(Number(recorded[0]?.toString().split(',')[1]))

    stream.full = false
    await agentFor(recast(recorded, {}), stream, cursorFile).run(never)
    expect(stream.messages.size).toBe(1)
    expect(cursorFile.cursor).toEqual({ bootId: BOOT, sequence: 426 })
  })

  it('goes on at its cursor', async () => {
    const stream = new FakeStream()
    const cursorFile = new FakeCursorFile()
    cursorFile.cursor = { bootId: BOOT, sequence: 426 }
    await agentFor(recast(recorded, {}) + recast(recorded, { sequenceOffset: 1000 }), stream, cursorFile).run(never)
    expect([...stream.messages.keys()]).toEqual([`oom.v1.kill.node-a.${BOOT}.1425`])
  })
})
