import { describe, expect, it } from '@jest/globals'
import { activeUntilMs, checkActive, checkLimit, checkRecurring, type Checked } from './checks.ts'
import { advanceTrend } from './trend.ts'

const LAST = '2026-03-01T10:00:00.000Z'

function checked(...times: string[]): Checked {
  return { kills: times.length, lastSeen: LAST, trend: advanceTrend(undefined, times, new Date(LAST)), lastKills: [] }
}

describe('checkActive', () => {
  it.each([
    ['2026-03-01T10:59:59.999Z', 'True', 'KilledLately'],
    ['2026-03-01T11:00:00.000Z', 'False', 'QuietForAnHour'],
  ])('at %s says %s', (now, status, reason) => {
    expect(checkActive(checked(), new Date(now))).toMatchObject({
      status,
      reason,
      message: expect.stringContaining(LAST),
    })
  })
})

describe('checkActive, where clocks are apart', () => {
  const seenAt = '2026-03-01T11:00:00.500Z'
  const behind = { ...checked(), lastKills: [{ seenAt }, { seenAt: '2026-03-01T10:30:00.000Z' }] }

  it.each([
    ['2026-03-01T11:00:01.000Z', 'True'],
    ['2026-03-01T12:00:00.000Z', 'True'],
    ['2026-03-01T12:00:00.500Z', 'False'],
  ])("goes by the operator's for a node that is an hour behind: at %s %s", (now, status) => {
    const message = expect.stringContaining(`was at ${LAST} and was told at ${seenAt}`)
    expect(checkActive(behind, new Date(now))).toMatchObject({ status, message })
    expect(activeUntilMs(behind)).toBe(Date.parse('2026-03-01T12:00:00.500Z'))
  })
})

describe('checkRecurring', () => {
  const [nine, ten, half] = ['2026-03-01T09:10:00.000Z', LAST, '2026-03-01T09:30:00.000Z']
  it.each([
    ['three kills in two hours', [nine, half, ten], 'True', '3 kills in 2 of the last 24 hours'],
    ['two kills in two hours', [nine, ten], 'False', '2 kills in 2 of'],
    ['a group of five in one hour', [ten, ten, ten, ten, ten], 'False', '5 kills in 1 of'],
    ['none', [], 'False', '0 kills in 0 of'],
  ])('tells %s', (_what, times, status, message) => {
    expect(checkRecurring(checked(...times))).toMatchObject({ status, message: expect.stringContaining(message) })
  })
})

describe('checkLimit', () => {
  const own = (victimRssKib: number | undefined, limitKib: number | undefined = 65_536) => ({
    scope: 'ContainerLimit',
    limitKib,
    victimRssKib,
  })
  it.each([
    [
      'the victim had all of it each time',
      [own(65_000), own(64_000), own(60_000)],
      'True',
      'PeakAtLimit',
      '58.6Mi of 64Mi (92 %)',
    ],
    [
      'a pod’s limit too',
      [own(65_000), { ...own(65_000), scope: 'PodLimit' }, own(65_000)],
      'True',
      'PeakAtLimit',
      '99 %',
    ],
    [
      'others had the rest',
      [own(65_000), own(20_000), own(64_000)],
      'False',
      'PeakBelowLimit',
      '19.5Mi of 64Mi (31 %)',
    ],
    ['one kill tells nothing yet', [own(65_000)], 'Unknown', 'TooFewKills', '1 of the newest kills was'],
    ['the node ran out between them', [own(65_000), { scope: 'Node' }, own(65_000)], 'Unknown', 'TooFewKills', '2 of'],
    [
      'the kernel told only in one line of the kills between',
      [{ scope: 'Unknown' }, own(65_000), { scope: 'Unknown' }, own(64_000), own(60_000)],
      'True',
      'PeakAtLimit',
      'the last 3 kills of which the kernel told the limit',
    ],
    ['the kernel told of none whose limit it was', [{ scope: 'Unknown' }], 'Unknown', 'ScopeUnknown', 'told of none'],
    ['memory ran out elsewhere', [{ scope: 'Node' }, { scope: 'Node' }], 'False', 'OtherLimit', 'scope is Node'],
    [
      'a size is not known',
      [own(65_000), own(undefined), own(65_000)],
      'Unknown',
      'FiguresMissing',
      'of 1 of the last 3',
    ],
    ['a limit is not known', [own(65_000), own(9, 0), own(65_000)], 'Unknown', 'FiguresMissing', 'of 1 of the last 3'],
    [
      'older kills do not count',
      [own(65_000), own(65_000), own(65_000), own(1)],
      'True',
      'PeakAtLimit',
      'last 3 kills',
    ],
    ['there is no kill', [], 'Unknown', 'ScopeUnknown', 'told of none'],
  ])('%s', (_what, kills, status, reason, message) => {
    expect(checkLimit(kills)).toMatchObject({ status, reason, message: expect.stringContaining(message) })
  })
})
