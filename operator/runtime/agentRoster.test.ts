import { describe, expect, it } from '@jest/globals'
import type { Completeness, NodeStatus } from '#contract/nodeStatus.ts'
import { BOOT_ID } from '../testing/killEvents.ts'
import { AgentRoster } from './agentRoster.ts'

const DAY_MS = 86_400_000

function statusOf(changes?: Partial<Completeness>): NodeStatus {
  const none = { kernelKills: 0, killsBefore: 0, killLines: 0, killsLost: 0, killsRecovered: 0, killsDropped: 0 }
  const completeness = { bootId: BOOT_ID, ...none, killsUnseen: 0, ...changes }
  return {
    version: 2,
    node: 'node-a',
    reportedAt: '2026-03-01T10:00:00.000Z',
    rules: [],
    reasons: [],
    containers: [],
    ...(changes === undefined ? {} : { completeness }),
  }
}

describe('AgentRoster', () => {
  it('tells agents that speak from those that do not, and from nodes that are gone', () => {
    const roster = new AgentRoster()
    for (const [token, saidMs] of [
      ['a', 100_000],
      ['b', 9_999],
      ['c', 9_999],
      ['d', 10_000],
    ] as const) {
      roster.heard(token, statusOf(), saidMs)
    }
    const { agents } = roster.figures(100_000, (token) => token === 'b')
    expect(agents).toEqual({ fresh: 2, stale: 1, gone: 1 })
  })

  it('adds up what the nodes know to be missing, without nodes that are gone and without surplus lines', () => {
    const roster = new AgentRoster()
    roster.heard('a', statusOf({ killsUnseen: 2, killsLost: 5, killsDropped: 1 }), 0)
    roster.heard('b', statusOf({ killsUnseen: -3, killsLost: 1 }), 0)
    roster.heard('c', statusOf(), 0)
    roster.heard('gone', statusOf({ killsUnseen: 100 }), -200_000)
    const figures = roster.figures(0, () => false)
    expect(figures).toMatchObject({ killsUnseen: 2, killsLost: 6, killsDropped: 1 })
  })

  it('takes each agent by its last word, and forgets it a day after', () => {
    const roster = new AgentRoster()
    roster.heard('a', statusOf({ killsUnseen: 2 }), 0)
    roster.heard('a', statusOf({ killsUnseen: 0 }), 1_000)
    expect(roster.figures(1_000, () => true)).toMatchObject({ killsUnseen: 0, agents: { fresh: 1 } })
    expect(roster.figures(1_001 + DAY_MS, () => true).agents).toEqual({ fresh: 0, stale: 0, gone: 0 })
  })

  it('remembers only so many', () => {
    const roster = new AgentRoster()
    for (let node = 0; node < 20_010; node++) roster.heard(`n${node}`, statusOf(), 0)
    expect(roster.figures(0, () => true).agents.fresh).toBe(20_000)
  })
})
