import { describe, expect, it } from '@jest/globals'
import { killSubject, recoveredKillSubject } from '#contract/subjects.ts'
import { spooledKills } from './found.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const OTHER_BOOT = '1f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'

describe('spooledKills', () => {
  it('finds the kill lines of this boot, and how far its outcomes go', () => {
    const found = [
      { subject: killSubject('n', OTHER_BOOT, 9_000), killLine: true },
      { subject: killSubject('n', BOOT, 5), killLine: true, cgroupPath: '/a' },
      { subject: killSubject('n', BOOT, 9), killLine: false },
      { subject: recoveredKillSubject('n', BOOT, 'm-7-3'), killLine: false, cgroupPath: '/b' },
      { subject: 'oom.v1.kill.n.x', killLine: true },
    ]
    expect(spooledKills(found, BOOT)).toEqual({
      through: 10,
      lines: [{ sequence: 5, cgroupPath: '/a' }],
      recovered: [{ cgroupPath: '/b', count: 3 }],
    })
  })

  it('finds nothing in an empty spool', () => {
    expect(spooledKills([], BOOT)).toEqual({ through: 0, lines: [], recovered: [] })
  })
})
