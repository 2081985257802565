import { describe, expect, it } from '@jest/globals'
import { decideHidden, hiddenDueMs, type Termination } from './decideHidden.ts'

const kill = { time: '2026-03-01T10:00:00.000Z', seenAt: '2026-03-01T11:00:00.000Z' }
const ended = (reason: string, finishedAt: string) => ({
  kind: 'known' as const,
  terminations: [{ reason, finishedAt }],
})

describe('decideHidden', () => {
  it('says Yes when the container runs on', () => {
    expect(decideHidden(kill, { kind: 'known', terminations: [] })).toEqual({
      hidden: 'Yes',
      hiddenReason: 'NotReported',
    })
  })

  it.each([
    ['in the same second, whose fraction the kubelet cuts', '2026-03-01T10:00:00Z'],
    ['a second before, by a drifting clock', '2026-03-01T09:59:59Z'],
    ['30 s later', '2026-03-01T10:00:30Z'],
  ])('says No when it was reported OOMKilled %s', (_when, finishedAt) => {
    expect(decideHidden(kill, ended('OOMKilled', finishedAt)).hidden).toBe('No')
  })

  it.each([
    ['OOMKilled, but it ended much later', ended('OOMKilled', '2026-03-01T10:00:31Z')],
    ['OOMKilled, but it had ended before', ended('OOMKilled', '2026-03-01T09:59:50Z')],
    ['ended for another reason', ended('Error', '2026-03-01T10:00:01Z')],
  ])('says Yes when the container was %s', (_what, facts) => {
    expect(decideHidden(kill, facts).hidden).toBe('Yes')
  })

  it('looks at every end of the container', () => {
    const terminations: Termination[] = [
      { reason: 'Error', finishedAt: '2026-03-01T10:05:00Z' },
      { reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:01Z' },
    ]
    expect(decideHidden(kill, { kind: 'known', terminations }).hidden).toBe('No')
  })

  it.each([
    ['an hour behind', '2026-03-01T09:00:00.000Z', '2026-03-01T09:00:01Z'],
    ['an hour ahead', '2026-03-01T11:00:00.000Z', '2026-03-01T11:00:01Z'],
  ])("compares a kill and an end by one clock, their node's, when it is %s", (_what, time, finishedAt) => {
    const skewed = { time, seenAt: '2026-03-01T10:00:00.100Z' }
    expect(decideHidden(skewed, ended('OOMKilled', finishedAt)).hidden).toBe('No')
    expect(decideHidden(skewed, ended('OOMKilled', '2026-03-01T10:00:01Z')).hidden).toBe('Yes')
    expect(hiddenDueMs(skewed)).toBe(Date.parse('2026-03-01T10:00:32.100Z'))
  })

  it.each([
    ['PodForgotten', 'podForgotten'],
    ['ContainerUnknown', 'containerUnknown'],
  ] as const)('does not guess: %s', (hiddenReason, kind) => {
    expect(decideHidden(kill, { kind })).toEqual({ hidden: 'Unknown', hiddenReason })
  })
})

describe('hiddenDueMs', () => {
  it("counts from when the operator saw the kill, since a node's clock may be wrong", () => {
    expect(hiddenDueMs(kill)).toBe(Date.parse('2026-03-01T11:00:32.000Z'))
  })
})
