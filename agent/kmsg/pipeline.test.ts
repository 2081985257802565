import { describe, expect, it } from '@jest/globals'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { readRecording } from '../../test/support/recording.ts'
import type { StartPlan } from './cursor.ts'
import { KmsgPipeline } from './pipeline.ts'

const RECORDS = readRecording('6.18-memcg-v1.kmsg')
const KILL_LINE = 425
const KILL_USEC = 385_743_518
const FIRST: StartPlan = { fromSequence: 0, wholeBoot: false }

function pipelineFor(plan: StartPlan, now: number | (() => number) = KILL_USEC, spooledThrough = 0) {
  const seen = {
    outcomes: [] as [OomOutcome, number][],
    beforeCursor: 0,
    spooled: 0,
    lost: [] as unknown[],
    skipped: 0,
    bad: [] as string[],
    records: 0,
  }
  const pipeline = new KmsgPipeline(plan, spooledThrough, {
    now: () => ({ wallMs: 1_000_000, monotonicUsec: typeof now === 'number' ? now : now() }),
    onOutcome: (outcome, { wallMs }) => seen.outcomes.push([outcome, wallMs]),
    onBeforeCursor: () => seen.beforeCursor++,
    onSpooled: () => seen.spooled++,
    onRecord: () => seen.records++,
    onLost: (lost) => seen.lost.push(lost),
    onSkipped: () => seen.skipped++,
    onBadRecord: (reason) => seen.bad.push(reason),
  })
  return { pipeline, seen }
}

describe('KmsgPipeline', () => {
  it('makes one outcome of a captured kill, at the time of its kill line', () => {
    const { pipeline, seen } = pipelineFor(FIRST, KILL_USEC + 2_000_000)
    for (const record of RECORDS) pipeline.push(record)
    expect(seen.outcomes).toHaveLength(1)
    expect(seen.outcomes[0]).toEqual([expect.objectContaining({ sequence: KILL_LINE, outcome: 'killed' }), 998_000])
    expect(seen.bad).toEqual([])
  })

  it('does not take records that are read again after an overrun for such as are just printed', () => {
    const clock = { nowUsec: KILL_USEC - 5_000_000 }
    const { pipeline, seen } = pipelineFor({ ...FIRST, fromSequence: KILL_LINE - 1 }, () => clock.nowUsec)
    pipeline.push(Buffer.from(`6,${KILL_LINE - 1},${clock.nowUsec},-;before`))
    clock.nowUsec = KILL_USEC + 2_000_000
    for (const record of RECORDS) pipeline.push(record)
    expect(seen.outcomes.map(([, wallMs]) => wallMs)).toEqual([998_000])
  })

  it('needs the dump from its header on until the kill line has come', () => {
    const { pipeline, seen } = pipelineFor(FIRST)
    const first = Number(RECORDS[0]?.toString().split(',')[1])
    for (const record of RECORDS.slice(0, -1)) pipeline.push(record)
    expect(pipeline.neededSequence).toBe(first)
    pipeline.push(RECORDS.at(-1) ?? Buffer.alloc(0))
    expect(pipeline.neededSequence).toBe(KILL_LINE + 1)
    expect(seen.outcomes[0]?.[0].eventSequence).toBe(first)
  })

  it('passes over what a cursor says is told, and counts what was lost behind it', () => {
    const { pipeline, seen } = pipelineFor({ ...FIRST, fromSequence: KILL_LINE + 1 })
    for (const record of RECORDS) pipeline.push(record)
    expect(seen.outcomes).toEqual([])
    pipeline.push(Buffer.from(`6,${KILL_LINE + 4},385743600,-;later`))
    expect(seen.lost).toEqual([{ firstLost: KILL_LINE + 1, nextRead: KILL_LINE + 4 }])
  })

  it('counts a kill from before the window, and does not tell it', () => {
    const { pipeline, seen } = pipelineFor({ ...FIRST, publishAfterUsec: KILL_USEC + 1 })
    for (const record of RECORDS) pipeline.push(record)
    expect(seen).toMatchObject({ outcomes: [], beforeCursor: 1 })
  })

  it('says what was no record, and goes on', () => {
    const { pipeline, seen } = pipelineFor(FIRST)
    pipeline.push(Buffer.from('rubbish'))
    for (const record of RECORDS) pipeline.push(record)
    expect(seen.bad).toEqual(['badHeader'])
    expect(seen.outcomes).toHaveLength(1)
  })

  it('counts a kill that a process wrote, and does not tell it', () => {
    const { pipeline, seen } = pipelineFor(FIRST)
    pipeline.push(
      Buffer.from(
        '12,1,10,-;Memory cgroup out of memory: Killed process 1 (init) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB',
      ),
    )
    expect(pipeline.forgedKillLines).toBe(1)
    expect(seen.outcomes).toEqual([])
  })

  it('does not tell again what was spooled before a crash', () => {
    const { pipeline, seen } = pipelineFor(FIRST, KILL_USEC, KILL_LINE + 1)
    for (const record of RECORDS) pipeline.push(record)
    expect(seen).toMatchObject({ outcomes: [], spooled: 1 })
  })
})
