import { describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { decodeKillEvent } from '#contract/killEvent.ts'
import type { OomKill } from '#kernel/event/oomEvent.ts'
import { groupInLog } from './event/groupKill.ts'
import { KillTeller, type TellerIdentity } from './killTeller.ts'
import type { OutgoingKill } from './publish/killQueue.ts'

const kill: OomKill = {
  sequence: 9,
  monotonicUsec: 5,
  eventSequence: 7,
  rawLines: [],
  outcome: 'killed',
  victim: { pid: 501, command: 'app\u001b[2J' },
  message: 'Memory cgroup out of memory',
}

const IDENTITY: TellerIdentity = {
  node: 'node.a',
  bootId: '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60',
  source: 'kmsg',
  pageSizeKib: 4,
  readLive: () => undefined,
  readGroup: groupInLog,
  readContext: () => undefined,
  foresee: () => undefined,
  rankDomain: () => undefined,
}
const KILLED_AT = { wallMs: Date.UTC(2026, 10, 25), monotonicUsec: 5 }

function teller(changes: Partial<TellerIdentity> = {}) {
  const kills: OutgoingKill[] = []
  const said: string[] = []
  const logger = pino({ base: null }, { write: (line: string) => void said.push(line) })
  const told = new KillTeller({ ...IDENTITY, ...changes }, logger, (one) => kills.push(one))
  return { told, kills, said }
}

const eventIn = (sent: OutgoingKill | undefined) => {
  const decoded = decodeKillEvent(sent?.payload ?? new Uint8Array())
  return decoded.ok ? decoded.event : undefined
}

describe('KillTeller', () => {
  it('hands on a kill under its own subject, with the first record that telling it again would need', () => {
    const { told, kills, said } = teller()
    told.tell(kill, KILLED_AT, undefined)
    expect(kills).toMatchObject([
      { subject: `oom.v1.kill.node_a.${IDENTITY.bootId}.9`, monotonicUsec: 5, killLine: true, neededSequence: 7 },
    ])
    expect(eventIn(kills[0])).toMatchObject({ sequence: 9, killedAt: '2026-11-25T00:00:00.000Z' })
    // No terminal acts on what a process calls itself.
    expect(said.join('')).not.toContain('\u001b')
  })

  it('tells without its details what does not fit the contract, and says so: the kill has its place all the same', () => {
    const { told, kills, said } = teller({
      foresee: () => ({ ageMs: -1, processCount: 0, candidates: [], outcome: 'hit' }),
    })
    told.tell(kill, KILLED_AT, undefined)
    const event = eventIn(kills[0])
    expect(event).toMatchObject({ sequence: 9, outcome: 'killed', victim: { pid: 501 } })
    expect(event).not.toHaveProperty('foresight')
    expect(said[0]).toContain('an event does not fit its schema')
  })

  it('tells a kill whose line is lost by its cgroup’s count', () => {
    const { told, kills } = teller()
    told.tellRecovered({ cgroupPath: '/kubepods', cgroupId: '77', count: 3 }, KILLED_AT)
    expect(kills).toMatchObject([{ subject: `oom.v1.kill.node_a.${IDENTITY.bootId}.m-77-3`, killLine: false }])
    expect(eventIn(kills[0])).toMatchObject({ source: 'memoryEvents', recoveredAs: 'm-77-3' })
  })
})
