import { describe, expect, it } from '@jest/globals'
import { inboxPrefix, killSubject, nodeToken, parseKillSubject, recoveredKillSubject } from './subjects.ts'

const BOOT = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'

describe('killSubject', () => {
  it('is read back by parseKillSubject', () => {
    const subject = killSubject('node-1.example.com', BOOT, 4711)
    expect(subject).toBe(`oom.v1.kill.node-1_example_com.${BOOT}.4711`)
    expect(parseKillSubject(subject)).toEqual({ nodeToken: 'node-1_example_com', bootId: BOOT, sequence: 4711 })
  })

  it('has another form for a kill without a line', () => {
    const subject = recoveredKillSubject('node-1', BOOT, 'm-18446744073709551615-3')
    expect(parseKillSubject(subject)).toEqual({
      nodeToken: 'node-1',
      bootId: BOOT,
      sequence: 0,
      recoveredAs: 'm-18446744073709551615-3',
    })
  })

  it('keeps different nodes apart: a name has dots but no underscore', () => {
    expect(nodeToken('a.b')).not.toBe(nodeToken('a-b'))
    expect(inboxPrefix('a.b')).toBe('_INBOX.a_b')
  })

  it.each([
    '',
    'oom.v1.kill',
    `oom.v1.kill.node.${BOOT}`,
    `oom.v1.kill.node.${BOOT}.x`,
    `oom.v1.kill.node.${BOOT}.1.2`,
    `oom.v2.kill.node.${BOOT}.1`,
    `oom.v1.kill.node.${BOOT}.m-1`,
    `oom.v1.kill.node.${BOOT}.m-1-x`,
    `oom.v1.kill.NODE.${BOOT}.1`,
    `oom.v1.kill.node.${BOOT}.9999999999999999`,
    `oom.v1.kill.node.${BOOT}.0425`,
    `oom.v1.kill.node.${BOOT}.00`,
  ])('has no identity for %j', (subject) => {
    expect(parseKillSubject(subject)).toBeUndefined()
  })
})
