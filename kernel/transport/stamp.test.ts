import { describe, expect, it } from '@jest/globals'
import { parseStamp } from './stamp.ts'

describe('parseStamp', () => {
  it.each([
    ['2025-12-17T11:32:14+01:00', '2025-12-17T11:32:15+01:00', 1_000_000],
    ['2025-12-17T11:32:14.000001+0100', '2025-12-17T10:32:14,5Z', 499_999],
    ['Jun  4 17:19:10', 'Jun  4 17:19:10.25', 250_000],
    ['Jun  4 23:59:59', 'Jun  5 00:00:01', 2_000_000],
    ['jeu. nov. 23 10:11:12 2023', 'jeu. nov. 23 10:12:12 2023', 60_000_000],
    ['四 11月 23 10:11:12 2023', '四 11月 23 10:11:13 2023', 1_000_000],
  ])('knows how long after %s it is %s', (before, after, usec) => {
    expect((parseStamp(after) ?? 0) - (parseStamp(before) ?? 0)).toBe(usec)
  })

  it.each(['', 'Jun', '2025-13-45T99:99:99Z'])('finds no time in %j', (stamp) => {
    expect(parseStamp(stamp)).toBeUndefined()
  })
})
