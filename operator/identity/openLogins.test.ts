import { beforeEach, describe, expect, it } from '@jest/globals'
import { OpenLogins } from './openLogins.ts'

let nowMs: number
let logins: OpenLogins

const login = (connectionId: number) => ({ serverId: 'N1', connectionId })

beforeEach(() => {
  nowMs = 0
  logins = new OpenLogins(() => nowMs)
})

describe('OpenLogins', () => {
  it('gives the connections of a node once, and of that node alone', () => {
    logins.note('node-a', login(7), 60)
    logins.note('node-b', login(8), 60)
    logins.note('node-a', { ...login(7), serverId: 'N2' }, 60)
    expect(logins.take('node-a')).toEqual([login(7), { serverId: 'N2', connectionId: 7 }])
    expect(logins.take('node-a')).toEqual([])
    expect(logins.take('node-b')).toEqual([login(8)])
  })

  it('forgets those whose time is over, which the server has ended', () => {
    logins.note('node-a', login(1), 60)
    logins.note('node-a', login(2), 61)
    nowMs = 60_000
    expect(logins.take('node-a')).toEqual([login(2)])
  })

  it('keeps the newest thousand of a node that logs in without end', () => {
    for (let id = 1; id <= 1_003; id++) logins.note('node-a', login(id), 60)
    const kept = logins.take('node-a')
    expect(kept).toHaveLength(1_000)
    expect(kept[0]).toEqual(login(4))
  })
})
