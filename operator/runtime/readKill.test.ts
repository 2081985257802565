import { describe, expect, it } from '@jest/globals'
import { BOOT_ID, killEventOf, messageOf } from '../testing/killEvents.ts'
import { readKill } from './readKill.ts'

const reasonOf = (message: Parameters<typeof readKill>[0]) => {
  const read = readKill(message)
  return read.ok ? '' : read.reason
}

describe('readKill', () => {
  it('reads what an agent writes', () => {
    expect(readKill(messageOf(1, killEventOf()))).toEqual({ ok: true, event: killEventOf() })
  })

  it('says what is wrong with a body', () => {
    const message = messageOf(1, killEventOf())
    expect(reasonOf({ ...message, data: new Uint8Array([0xff, 0x00]) })).toMatch(/^expected JSON, got 2 bytes/)
    const damaged = { ...killEventOf(), scope: 'Galaxy' } as never
    expect(reasonOf(messageOf(1, damaged))).toMatch(/^scope: /)
  })

  it.each([
    ['node', { node: 'node-b' }],
    ['bootId', { bootId: BOOT_ID.replace('0b6f', '1b6f') }],
    ['sequence', { sequence: 426 }],
    ['recoveredAs', { source: 'memoryEvents' as const, recoveredAs: 'm-7-1' }],
  ])('refuses a body that claims another %s than its subject', (field, claim) => {
    const { subject } = messageOf(1, killEventOf())
    const { data } = messageOf(1, killEventOf(claim))
    expect(reasonOf({ sequence: 1, subject, data })).toMatch(
      new RegExp(`^${field}: expected ".*" as in the subject, got`),
    )
  })

  it("refuses a node name that would share another node's subjects", () => {
    expect(reasonOf(messageOf(1, killEventOf({ node: 'node_a' })))).toMatch(/^node: expected the name of a node/)
  })

  it('refuses a subject of another form', () => {
    const message = messageOf(1, killEventOf())
    expect(reasonOf({ ...message, subject: `${message.subject}.x` })).toMatch(/^expected the subject oom\.v1\.kill/)
  })
})
