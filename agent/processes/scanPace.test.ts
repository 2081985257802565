import { describe, expect, it } from '@jest/globals'
import type { Pressure } from '../proc/pressure.ts'
import { planRestMs, resolveTrouble, type TroubleSigns } from './scanPace.ts'

function waited(someUsec: number, fullUsec: number): Pressure {
  const averages = { avg10: 0, avg60: 0, avg300: 0 }
  return { some: { ...averages, totalUsec: someUsec }, full: { ...averages, totalUsec: fullUsec } }
}

const QUIET: TroubleSigns = {
  pressure: waited(500_000, 400_000),
  pressureBefore: waited(500_000, 400_000),
  elapsedMs: 2_000,
  meminfo: undefined,
  sinceKillMs: Number.POSITIVE_INFINITY,
}

describe('resolveTrouble', () => {
  it.each<[string, Partial<TroubleSigns>, string]>([
    ['nobody waited', {}, 'calm'],
    ['tasks waited for 0.9 % of the time', { pressure: waited(518_000, 400_000) }, 'calm'],
    ['tasks waited for 1 % of the time', { pressure: waited(520_000, 400_000) }, 'some'],
    ['all tasks waited for 1 % of the time', { pressure: waited(520_000, 420_000) }, 'high'],
    ['there is nothing to compare with yet', { pressureBefore: undefined, pressure: waited(9e9, 9e9) }, 'calm'],
    ['a kill was told 9 s ago', { sinceKillMs: 9_000 }, 'high'],
    ['a kill was told 29 s ago', { sinceKillMs: 29_000 }, 'some'],
    [
      'a kill was told 29 s ago and all tasks wait',
      { sinceKillMs: 29_000, pressure: waited(520_000, 420_000) },
      'high',
    ],
    ['a kill was told 30 s ago', { sinceKillMs: 30_000 }, 'calm'],
    [
      'PSI is off and memory is free',
      { pressure: undefined, meminfo: { memTotalKib: 100, memAvailableKib: 10 } },
      'calm',
    ],
    ['PSI is off and 9 % is left', { pressure: undefined, meminfo: { memTotalKib: 100, memAvailableKib: 9 } }, 'some'],
    ['PSI is off and 2 % is left', { pressure: undefined, meminfo: { memTotalKib: 100, memAvailableKib: 2 } }, 'high'],
    ['nothing can be read', { pressure: undefined }, 'calm'],
  ])('when %s', (_signs, changes, trouble) => {
    expect(resolveTrouble({ ...QUIET, ...changes })).toBe(trouble)
  })
})

describe('planRestMs', () => {
  it.each([
    ['calm', 10, 30_000],
    ['some', 10, 2_000],
    ['high', 10, 1_000],
    ['calm', 60, 60_000],
    ['high', 60, 3_000],
    ['calm', 10_000, 300_000],
    ['high', 10_000, 60_000],
  ] as const)('%s, a scan of %d ms: %d ms', (trouble, busyMs, restMs) => {
    expect(planRestMs(trouble, busyMs)).toBe(restMs)
  })
})
