import { describe, expect, it } from '@jest/globals'
import type { Trend } from '../api/killRecord.ts'
import { advanceTrend, killsIn, trendChangeMs } from './trend.ts'

const at = (time: string): Date => new Date(`2026-03-0${time}:00.000Z`)
const times = (...all: string[]): string[] => all.map((time) => at(time).toISOString())
/** Counts that are not zero, by how many hours ago. */
const shown = ({ kills }: Trend) =>
  Object.fromEntries(
    kills
      .toReversed()
      .map((count, ago) => [ago, count])
      .filter(([, count]) => count !== 0),
  )

describe('advanceTrend', () => {
  it('counts a kill in the hour in which it happened', () => {
    const trend = advanceTrend(undefined, times('1T10:59', '1T10:00', '1T09:59'), at('1T11:01'))
    expect(trend.hour).toBe('2026-03-01T11:00:00.000Z')
    expect(trend.kills).toHaveLength(24)
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
