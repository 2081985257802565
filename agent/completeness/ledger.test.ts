import { describe, expect, it } from '@jest/globals'
import { countLine, formatLedger, missingKills, openLedger, parseLedger, recoverKills, settleLedger } from './ledger.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const OTHER_BOOT = '1f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const first = openLedger(undefined, BOOT, false)
const watched = openLedger(undefined, BOOT, true)

describe('parseLedger', () => {
  it('takes what is missing for lost where an agent of this boot left counts and no cursor', () => {
    const kept = { ...openLedger(undefined, BOOT, false), settled: true, lines: 2 }
    expect(openLedger(kept, BOOT, false, true)).toEqual(kept)
    const settled = settleLedger(openLedger(kept, BOOT, false, false), 5)
    expect(settled).toMatchObject({ before: 0, lines: 2, lost: 3 })
  })

  it('reads what formatLedger wrote', () => {
    const ledger = { ...countLine(first, 7), lost: 2 }
    expect(parseLedger(formatLedger(ledger))).toEqual({ ok: true, ledger })
  })

  it.each([
    ['', 'expected JSON'],
    ['{"version":1', 'expected JSON'],
    ['null', 'expected object'],
    [formatLedger({ ...first, lines: -1 }), 'lines'],
    [formatLedger({ ...first, bootId: 'x' }), 'bootId'],
  ])('says why %j is none', (text, reason) => {
    expect(parseLedger(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })
})

describe('openLedger', () => {
  it('goes on within a boot and begins anew in the next', () => {
    const kept = countLine(first, 7)
    expect(openLedger(kept, BOOT, true)).toBe(kept)
    expect(openLedger(kept, OTHER_BOOT, true)).toEqual({ ...watched, bootId: OTHER_BOOT })
  })
})

describe('countLine', () => {
  it('counts a line once, also when it is read again after a restart', () => {
    const counted = countLine(countLine(countLine(first, 7), 9), 7)
    expect(counted).toMatchObject({ lines: 2, nextSequence: 10 })
  })
})

describe('settleLedger', () => {
  it('takes what the first look cannot find for before it, and nothing later', () => {
    const settled = settleLedger(countLine(first, 7), 5)
    expect(settled).toMatchObject({ before: 4, lines: 1, lost: 0, settled: true })
    expect(settleLedger(settled, 6)).toBe(settled)
    expect(missingKills(settled, 6)).toBe(1)
  })

  it('accounts for a whole boot where an agent was before it', () => {
    expect(settleLedger({ ...watched, recordsLost: true }, 5)).toMatchObject({ before: 0, lost: 5 })
  })

  it('takes what is missing for lost when records were overwritten, and only then', () => {
    const settled = settleLedger({ ...countLine(watched, 7), recordsLost: true }, 4)
    expect(settled).toMatchObject({ lines: 1, lost: 3, recordsLost: false })
    expect(missingKills(settleLedger(settled, 5), 5)).toBe(1)
  })

  it('forgets overwritten records that held no kill', () => {
    expect(settleLedger({ ...countLine(watched, 7), recordsLost: true }, 1)).toMatchObject({
      lost: 0,
      recordsLost: false,
    })
  })

  it('takes back what was called lost when its lines come late', () => {
    const early = settleLedger({ ...watched, recordsLost: true }, 2)
    expect(settleLedger(countLine(early, 7), 2)).toMatchObject({ lines: 1, lost: 1 })
    const unsettled = settleLedger(first, 2)
    expect(settleLedger(countLine(unsettled, 7), 2)).toMatchObject({ lines: 1, before: 1 })
  })
})

describe('recoverKills', () => {
  it('finds lost kills first, and then those that were unseen', () => {
    const lost = { ...watched, lost: 2 }
    expect(recoverKills(lost, 1)).toMatchObject({ lost: 2, recovered: 1 })
    const all = recoverKills(recoverKills(lost, 2), 1)
    expect(all).toMatchObject({ lost: 3, recovered: 3 })
    expect(missingKills(all, 3)).toBe(0)
  })
})
