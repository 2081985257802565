import { describe, expect, it } from '@jest/globals'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { readRecording } from '../../test/support/recording.ts'
import { KmsgPipeline } from '../kmsg/pipeline.ts'
import { ToldVictims } from './toldVictims.ts'

function outcomesOf(recording: string): OomOutcome[] {
  const outcomes: OomOutcome[] = []
  const nothing = (): void => {}
  const pipeline = new KmsgPipeline({ fromSequence: 0, wholeBoot: false }, 0, {
    now: () => ({ wallMs: 0, monotonicUsec: 0 }),
    onOutcome: (outcome) => outcomes.push(outcome),
    onBeforeCursor: nothing,
    onSpooled: nothing,
    onRecord: nothing,
    onLost: nothing,
    onSkipped: nothing,
    onBadRecord: nothing,
  })
  for (const record of readRecording(recording)) pipeline.push(record)
  return outcomes
}

function repeatsIn(outcomes: readonly OomOutcome[]): [number, number | undefined][] {
  const told = new ToldVictims()
  return outcomes.map((outcome) => [outcome.sequence, told.note(outcome)])
}

describe('ToldVictims', () => {
  it('knows the group’s first victim again by the pid of its thread, and by its own', () => {
    expect(repeatsIn(outcomesOf('6.12-memcg-v2-group.kmsg'))).toEqual([
      [456, undefined],
      [458, undefined],
      [459, 456],
    ])
    expect(repeatsIn(outcomesOf('6.1-memcg-v2-group.kmsg'))).toEqual([
      [390, undefined],
      [392, undefined],
      [393, 390],
    ])
  })

  it('remembers the last eight events, and no more', () => {
    const [first, second, again] = outcomesOf('6.12-memcg-v2-group.kmsg')
    const [other] = outcomesOf('6.18-memcg-v1.kmsg')
    if (first === undefined || second === undefined || again === undefined || other === undefined)
      throw new Error('expected three kills of a group and one more, got fewer')
    const others = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ ...other, sequence: 5_000 + at, eventSequence: 5_000 + at }))
    expect(repeatsIn([first, second, ...others(7), again]).at(-1)).toEqual([again.sequence, first.sequence])
    expect(repeatsIn([first, second, ...others(8), again]).at(-1)).toEqual([again.sequence, undefined])
  })

  it('takes the same pid in another event for another victim', () => {
    const [kill] = outcomesOf('6.18-memcg-v1.kmsg')
    if (kill === undefined) throw new Error('expected a kill, got none')
    const later = { ...kill, sequence: kill.sequence + 100, eventSequence: kill.eventSequence + 100 }
    expect(repeatsIn([kill, later])).toEqual([
      [kill.sequence, undefined],
      [later.sequence, undefined],
    ])
  })
})
