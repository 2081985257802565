import { describe, expect, it } from '@jest/globals'
import { SequenceTracker } from './sequence.ts'

describe('SequenceTracker', () => {
  it('takes each record once, also when the device is opened again and begins with old ones', () => {
    const tracker = new SequenceTracker(0)
    expect([5, 6, 5, 6, 7].map((sequence) => tracker.take(sequence))).toEqual([
      'taken',
      'taken',
      'seen',
      'seen',
      'taken',
    ])
    expect(tracker.next).toBe(8)
  })

  it('says which records are missing after an overrun', () => {
    const tracker = new SequenceTracker(0)
    tracker.take(5)
    expect(tracker.take(9)).toEqual({ firstLost: 6, nextRead: 9 })
    expect(tracker.take(10)).toBe('taken')
  })

  it('goes on at a cursor and counts what was overwritten since', () => {
    const tracker = new SequenceTracker(100)
    expect(tracker.take(99)).toBe('seen')
    expect(tracker.take(103)).toEqual({ firstLost: 100, nextRead: 103 })
  })

  it('does not call the ring’s beginning a loss on a first start', () => {
    expect(new SequenceTracker(0).take(4711)).toBe('taken')
  })

  it('calls it one where an agent was there before this boot', () => {
    expect(new SequenceTracker(0, true).take(4711)).toEqual({ firstLost: 0, nextRead: 4711 })
  })

  it('misses nothing of what was spooled before a crash', () => {
    expect(new SequenceTracker(100, false, 200).take(180)).toBe('skipped')
    expect(new SequenceTracker(100, false, 200).take(250)).toEqual({ firstLost: 200, nextRead: 250 })
  })
})
