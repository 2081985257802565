import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { encodeKillEvent, killEvent, MAX_RAW_DUMP_CHARS } from '#contract/killEvent.ts'
import { createAssembler } from '#kernel/event/assembler.ts'
import type { OomKill, OomOutcome } from '#kernel/event/oomEvent.ts'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { readRecording, recast } from '../../test/support/recording.ts'
import type { DumplessKill } from '../rank/domainRanking.ts'
import type { LiveRanking } from '../rank/scan.ts'
import { buildKillEvent, withoutDetails, type EventContext } from './build.ts'
import { groupInLog } from './groupKill.ts'
import { locateInLog, type VictimPlace } from './victimPlace.ts'

const POD_UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const CONTAINER_ID = 'ab'.repeat(32)
const CONTAINER_CGROUP = `/kubepods/burstable/pod${POD_UID}/${CONTAINER_ID}`

type Locate = (outcome: OomOutcome) => VictimPlace | undefined
type Context = EventContext & { locate: Locate }

const context: Context = {
  node: 'node-a',
  bootId: '1f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60',
  source: 'kmsg',
  killedAt: { wallMs: Date.UTC(2026, 10, 23), monotonicUsec: 5_000_000 },
  pageSizeKib: 4,
  readLive: () => undefined,
  locate: locateInLog,
  readGroup: groupInLog,
  readContext: () => undefined,
  foresee: () => undefined,
  rankDomain: () => undefined,
}

/** As the teller does. */
function tell(outcome: OomOutcome, { locate, ...of }: Context) {
  return buildKillEvent(outcome, locate(outcome), of)
}

function outcomesOf(log: string): OomOutcome[] {
  const outcomes: OomOutcome[] = []
  const assembler = createAssembler((outcome) => outcomes.push(outcome))
  for (const line of log.split('\n')) {
    const record = parseKmsgRecord(line)
    if (record.failure === undefined) assembler.push(record)
  }
  return outcomes
}

function killIn(log: string): OomKill {
  const outcome = outcomesOf(log)[0]
  if (outcome?.outcome !== 'killed') throw new Error('expected a kill in the recording')
  return outcome
}

const recorded = readRecording('6.18-memcg-v1.kmsg')
const inContainer = recast(recorded, { cgroup: { from: '/oomkeeper-kernel-12905', to: CONTAINER_CGROUP } })
const killLineOnly = recast(recorded.slice(-1), {})
const globalKillLineOnly = killLineOnly.replace('Memory cgroup out of memory', 'Out of memory')

/** One process in line: 8 MiB, of them 64 KiB swapped out. */
const inLine: LiveRanking = {
  processCount: 3,
  tasks: [
    {
      pid: 77,
      command: 'sh',
      uid: 5,
      oomScore: 668,
      oomScoreAdj: 3,
      vmSizeKib: 16_384,
      anonRssKib: 0,
      fileRssKib: 0,
      shmemRssKib: 0,
      rssKib: 8_128,
      swapKib: 64,
      pgtablesKib: 40,
      startTicks: 9,
      cgroupPath: CONTAINER_CGROUP,
      podUid: POD_UID,
      containerId: CONTAINER_ID,
      badnessKib: 8_232,
    },
  ],
}

const locateInContainer: Locate = (outcome) => locateInLog(outcome) ?? { source: 'cache', cgroupPath: CONTAINER_CGROUP }

function contextWithLine(changes: Partial<Context> = {}) {
  const asked: DumplessKill[] = []
  const rankDomain = (kill: DumplessKill) => (asked.push(kill), inLine)
  return { asked, context: { ...context, rankDomain, ...changes } }
}

describe('buildKillEvent', () => {
  it('names pod, container and scope by the kernel’s own word', () => {
    const event = tell(killIn(inContainer), context)
    expect(event.attribution).toEqual({
      source: 'dump',
      cgroupPath: CONTAINER_CGROUP,
      podUid: POD_UID,
      containerId: CONTAINER_ID,
      qosClass: 'Burstable',
    })
    expect(event).toMatchObject({
      scope: 'ContainerLimit',
      constraint: 'Memcg',
      victim: { pid: 12950, command: 'tail', anonRssKib: 32256 },
      domain: { cgroupPath: CONTAINER_CGROUP, limitKib: 32768 },
      killedAt: '2026-11-23T00:00:00.000Z',
    })
  })

  it('ranks the dump’s tasks, and adds what is left of them in /proc', () => {
    const event = tell(killIn(inContainer), {
      ...context,
      readLive: (_pid, command) => (command === 'sh' ? { oomScore: 667, cgroupPath: CONTAINER_CGROUP } : undefined),
    })
    expect(event.candidates[0]).toMatchObject({ pid: 12950, command: 'tail' })
    expect(event.candidates[0]).toMatchObject({ liveOomScore: undefined })
    expect(event.candidates.find(({ command }) => command === 'sh')).toMatchObject({
      liveOomScore: 667,
      podUid: POD_UID,
    })
    expect(event.taskCount).toBe(event.candidates.length)
  })

  it('gives the victim no score where /proc has it without its memory already', () => {
    const readLive = () => ({ oomScore: 0, cgroupPath: undefined })
    const { candidates } = tell(killIn(inContainer), { ...context, readLive })
    expect(candidates[0]).toMatchObject({ pid: 12950, liveOomScore: undefined })
  })

  it('says who has told the place when a kill line came alone', () => {
    const event = tell(killIn(killLineOnly), { ...context, locate: locateInContainer })
    expect(event.attribution).toMatchObject({ source: 'cache', podUid: POD_UID })
    expect(event).toMatchObject({ scope: 'Unknown', candidates: [], taskCount: 0 })
    expect(event).not.toHaveProperty('rawDump')
  })

  it('tells who else is in the victim’s cgroup when the kill line of a cgroup’s limit came alone', () => {
    const { asked, context } = contextWithLine({ locate: locateInContainer, pageSizeKib: 16 })
    const event = tell(killIn(killLineOnly), context)
    expect(asked).toEqual([{ victimPid: 12950, killedAtMs: 5_000, cgroupPath: CONTAINER_CGROUP }])
    expect(event).toMatchObject({ constraint: 'Memcg', scope: 'Unknown', candidatesFrom: 'liveCgroup', taskCount: 3 })
    expect(event.candidates).toEqual([
      {
        pid: 77,
        command: 'sh',
        uid: 5,
        totalVmPages: 1024,
        rssPages: 508,
        swapPages: 4,
        pgtablesBytes: 40_960,
        oomScoreAdj: 3,
        badnessPages: 514,
        liveOomScore: 668,
        podUid: POD_UID,
        containerId: CONTAINER_ID,
      },
    ])
    expect(killEvent.safeParse(event).success).toBe(true)
  })

  it('names nobody when it is unknown whose limit was hit: the victim’s place is', () => {
    const { asked, context } = contextWithLine()
    const event = tell(killIn(killLineOnly), context)
    expect(asked).toEqual([])
    expect(event).toMatchObject({ candidates: [], taskCount: 0 })
    expect(event).not.toHaveProperty('candidatesFrom')
  })

  it('tells who is in line on the whole node when the kill line of the machine’s memory came alone', () => {
    const { asked, context } = contextWithLine()
    const event = tell(killIn(globalKillLineOnly), context)
    expect(asked).toMatchObject([{ victimPid: 12950, cgroupPath: undefined }])
    expect(event).toMatchObject({ constraint: undefined, candidatesFrom: 'liveNode', candidates: [{ pid: 77 }] })
  })

  it('does not call it an answer when /proc names nobody', () => {
    const { context } = contextWithLine({ rankDomain: () => ({ processCount: 1, tasks: [] }) })
    const event = tell(killIn(globalKillLineOnly), context)
    expect(event).toMatchObject({ candidates: [], taskCount: 0 })
    expect(event).not.toHaveProperty('candidatesFrom')
  })

  it('does not look around when the kernel has said who was in line', () => {
    const { asked, context } = contextWithLine({ locate: locateInContainer })
    expect(tell(killIn(inContainer), context).candidatesFrom).toBe('dump')
    expect(asked).toEqual([])
  })

  it('says that nobody knows when nobody does: never the host', () => {
    expect(tell(killIn(killLineOnly), context).attribution).toEqual({ source: 'none' })
  })

  it('carries the kernel’s own lines', () => {
    const { rawDump = '' } = tell(killIn(inContainer), context)
    const text = gunzipSync(Buffer.from(rawDump, 'base64')).toString()
    expect(text).toMatch(/^\S+ invoked oom-killer: /)
    expect(text).toContain('Killed process 12950 (tail)')
  })

  it('leaves out lines that do not fit, and says so', () => {
    const noise = Array.from({ length: 40_000 }, (_, line) => `${line} ${Math.sin(line)} ${Math.cos(line)}`)
    const event = tell({ ...killIn(inContainer), rawLines: noise }, context)
    expect(event.rawDumpTruncated).toBe(true)
    expect((event.rawDump ?? '').length).toBeLessThanOrEqual(MAX_RAW_DUMP_CHARS)
  })

  it.each([
    '6.18-hostile-commands.kmsg',
    '6.18-hostile-cgroup-path.kmsg',
    '6.18-storm-dumps-suppressed.kmsg',
    '6.18-leader-exited.kmsg',
  ])('fits its schema for every kill of %s', (name) => {
    const outcomes = outcomesOf(recast(readRecording(name), {}))
    expect(outcomes.length).toBeGreaterThan(0)
    for (const outcome of outcomes) expect(() => encodeKillEvent(tell(outcome, context))).not.toThrow()
  })
})

describe('withoutDetails', () => {
  it('fits the schema whatever detail did not', () => {
    const event = tell(killIn(inContainer), context)
    const bad = {
      ...event,
      victim: { pid: 1, command: 'x'.repeat(1000) },
      trigger: { command: 'y'.repeat(1000) },
      kernelRelease: 'z'.repeat(1000),
    }
    expect(killEvent.safeParse(bad).success).toBe(false)
    expect(killEvent.safeParse(withoutDetails(bad)).success).toBe(true)
  })
})
