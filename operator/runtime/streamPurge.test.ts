import { describe, expect, it } from '@jest/globals'
import { planPurge, purgeOnce, type PurgeableStream, type StreamUsage } from './streamPurge.ts'

const HOUR_MS = 3_600_000
const NOW_MS = 10 * HOUR_MS
const NEARLY_FULL: StreamUsage = { identity: 'one', bytes: 900, maxBytes: 1_000, messages: 90, firstSequence: 11 }
const ALL = { stream: 'one', sequence: 100 }

function streamOf(ageMsOf: (sequence: number) => number, checkpoint = ALL) {
  const purges: number[] = []
  const stream: PurgeableStream = {
    usage: async () => NEARLY_FULL,
    readCheckpoint: async () => ({ checkpoint, revision: 1 }),
    findFrom: async (sequence) => ({ sequence, storedAtMs: NOW_MS - ageMsOf(sequence) }),
    purgeBelow: async (sequence) => void purges.push(sequence),
  }
  return { stream, purges }
}

describe('planPurge', () => {
  it('takes the oldest, down to 70 % of the size', () => {
    expect(planPurge(NEARLY_FULL, ALL)).toBe(31)
  })

  it.each([
    ['a stream that is not nearly full', { ...NEARLY_FULL, bytes: 800 }, ALL],
    ['a stream without a limit', { ...NEARLY_FULL, maxBytes: -1 }, ALL],
    ['what is not counted', NEARLY_FULL, { stream: 'one', sequence: 10 }],
    ['another stream than the checkpoint is of', NEARLY_FULL, { stream: 'two', sequence: 100 }],
    ['anything without a checkpoint', NEARLY_FULL, undefined],
  ])('leaves %s alone', (_what, usage, checkpoint) => {
    expect(planPurge(usage, checkpoint)).toBeUndefined()
  })

  it('goes no further than the checkpoint', () => {
    expect(planPurge(NEARLY_FULL, { stream: 'one', sequence: 20 })).toBe(21)
  })
})

describe('purgeOnce', () => {
  it('purges what is older than the window', async () => {
    const { stream, purges } = streamOf(() => 2 * HOUR_MS)
    expect(await purgeOnce(stream, NOW_MS)).toBe(31)
    expect(purges).toEqual([31])
  })

  it('purges less where the newest of it is younger', async () => {
    const { stream, purges } = streamOf((sequence) => (sequence < 18 ? 2 * HOUR_MS : 0))
    await purgeOnce(stream, NOW_MS)
    expect(purges).toEqual([16])
  })

  it('purges nothing that is young', async () => {
    const { stream, purges } = streamOf(() => HOUR_MS - 1)
    expect(await purgeOnce(stream, NOW_MS)).toBeUndefined()
    expect(purges).toEqual([])
  })
})
