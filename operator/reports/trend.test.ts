import { describe, expect, it } from '@jest/globals'
import { MAX_TREND_COUNT, trend as trendSchema, type Trend } from '../api/killRecord.ts'
import { advanceTrend, killsIn, parseCounts, trendChangeMs, trendFromList } from './trend.ts'

const at = (time: string): Date => new Date(`2026-03-0${time}:00.000Z`)
const times = (...all: string[]): string[] => all.map((time) => at(time).toISOString())
/** Counts that are not zero, by how many hours ago. */
const shown = ({ kills }: Trend) =>
  Object.fromEntries(
    parseCounts(kills)
      .toReversed()
      .map((count, ago) => [ago, count])
      .filter(([, count]) => count !== 0),
  )

describe('advanceTrend', () => {
  it('counts a kill in the hour in which it happened', () => {
    const trend = advanceTrend(undefined, times('1T10:59', '1T10:00', '1T09:59'), at('1T11:01'))
    expect(trend.hour).toBe('2026-03-01T11:00:00.000Z')
    expect(trend.kills).toBe(`${'0 '.repeat(21)}1 2 0`)
    expect(shown(trend)).toEqual({ 1: 2, 2: 1 })
  })

  it('is the same whether kills come one by one, late, or all at once', () => {
    const all = times('1T08:10', '1T10:20', '1T10:50')
    const once = advanceTrend(undefined, all, at('1T12:00'))
    const oneByOne = all.reduce<Trend | undefined>(
      (trend, time) => advanceTrend(trend, [time], new Date(time)),
      undefined,
    )
    expect(advanceTrend(oneByOne, [], at('1T12:00'))).toEqual(once)
    const late = all.reduce<Trend | undefined>((trend, time) => advanceTrend(trend, [time], at('1T12:00')), undefined)
    expect(late).toEqual(once)
  })

  it('is right when hours pass without kills', () => {
    const trend = advanceTrend(undefined, times('1T10:00', '1T10:30'), at('1T10:30'))
    expect(shown(advanceTrend(trend, times('1T15:10'), at('1T15:10')))).toEqual({ 5: 2, 0: 1 })
    expect(killsIn(advanceTrend(trend, [], at('2T09:59')))).toBe(2)
    expect(killsIn(advanceTrend(trend, [], at('2T10:00')))).toBe(0)
  })

  it('changes nothing within the hour', () => {
    const trend = advanceTrend(undefined, times('1T10:00'), at('1T10:01'))
    expect(advanceTrend(trend, [], at('1T10:59'))).toEqual(trend)
  })

  it('leaves out what is older than a day', () => {
    expect(killsIn(advanceTrend(undefined, times('1T10:00'), at('2T09:00')))).toBe(1)
    expect(killsIn(advanceTrend(undefined, times('1T09:59'), at('2T09:00')))).toBe(0)
  })

  it('does not go back with the clock of another operator, and starts anew after one that was days ahead', () => {
    const trend = advanceTrend(undefined, times('1T10:00'), at('1T10:01'))
    const behind = advanceTrend(trend, times('1T09:30'), at('1T09:40'))
    expect(behind.hour).toBe(trend.hour)
    expect(shown(behind)).toEqual({ 0: 1, 1: 1 })
    const ahead = advanceTrend(trend, [], at('9T10:00'))
    expect(advanceTrend(ahead, times('1T11:00'), at('1T11:01'))).toMatchObject({ hour: '2026-03-01T11:00:00.000Z' })
  })
})

describe('the days of a trend', () => {
  it('have a kill where its hour has long left', () => {
    const first = advanceTrend(undefined, times('1T10:00', '1T23:59'), at('2T01:00'))
    expect(first).toMatchObject({ perDay: '0 0 0 0 0 2 0' })
    const later = advanceTrend(first, times('4T00:00'), at('4T00:01'))
    expect(later).toMatchObject({ perDay: '0 0 0 2 0 0 1' })
    expect(killsIn(later)).toBe(1)
  })

  it('are seven, by UTC', () => {
    const trend = advanceTrend(undefined, times('1T00:00'), at('1T00:00'))
    expect(advanceTrend(trend, [], at('7T23:59')).perDay).toBe('1 0 0 0 0 0 0')
    expect(advanceTrend(trend, [], at('8T00:00')).perDay).toBe('0 0 0 0 0 0 0')
  })
})

describe('a trend that is stored', () => {
  it('is read as the list of hours that an earlier version wrote', () => {
    const kills = [...Array.from({ length: 13 }, () => 0), 5, ...Array.from({ length: 9 }, () => 0), 2]
    const read = trendFromList({ hour: '2026-03-02T10:00:00.000Z', kills })
    expect(read).toEqual({ hour: '2026-03-02T10:00:00.000Z', kills: kills.join(' '), perDay: '0 0 0 0 0 0 7' })
    const earlier = trendFromList({ hour: '2026-03-02T09:00:00.000Z', kills })
    expect(earlier).toMatchObject({ perDay: '0 0 0 0 0 5 2' })
  })

  it.each([undefined, null, 'x', [], { hour: '2026-03-02T10:00:00.000Z', kills: [1] }])(
    'is left as it is: %p',
    (value) => {
      expect(trendFromList(value)).toBe(value)
    },
  )

  it('can be read again, however many kills somebody wrote into it', () => {
    const hour = '2026-03-01T10:00:00.000Z'
    const full = { hour, kills: `${'0 '.repeat(23)}${MAX_TREND_COUNT}`, perDay: `${'0 '.repeat(6)}${MAX_TREND_COUNT}` }
    expect(trendSchema.parse(advanceTrend(trendSchema.parse(full), times('1T10:00'), at('1T10:01')))).toEqual(full)
  })
})

describe('trendChangeMs', () => {
  it('is when the oldest hour with kills leaves', () => {
    const trend = advanceTrend(undefined, times('1T08:10', '1T10:20'), at('1T12:34'))
    const changeMs = trendChangeMs(trend)
    expect(new Date(changeMs)).toEqual(at('2T08:00'))
    expect(killsIn(advanceTrend(trend, [], new Date(changeMs - 1)))).toBe(2)
    expect(killsIn(advanceTrend(trend, [], new Date(changeMs)))).toBe(1)
  })

  it('is never without kills', () => {
    expect(trendChangeMs(advanceTrend(undefined, [], at('1T10:00')))).toBe(Infinity)
  })
})
