import { describe, expect, it } from '@jest/globals'
import { candidateTable } from '../../reports/candidateTable.ts'
import { killEventOf } from '../../testing/killEvents.ts'
import { clusterFactsOf, policyOf, policyPodOf } from '../../testing/policies.ts'
import { placeIn } from './likePods.ts'
import type { PastKill } from './pastKill.ts'
import { MAX_REPLAYED, replayPolicies } from './replayPolicies.ts'

const row = { uid: 0, totalVmPages: 9, rssPages: 8 }
const TABLE = candidateTable(
  killEventOf({
    candidates: [
      { ...row, pid: 100, command: 'postgres', badnessPages: 17_000_000, oomScoreAdj: 990 },
      { ...row, pid: 200, command: 'batch', badnessPages: 16_900_000, oomScoreAdj: 999 },
    ],
  }),
  ({ podUid }) => podUid === undefined,
)
const killOf = (changes: Partial<PastKill> = {}): PastKill => ({
  time: '2026-03-01T10:00:00.000Z',
  node: 'node-a',
  scope: 'Node',
  limitKib: undefined,
  victimPid: 100,
  candidates: TABLE,
  victim: { namespace: 'shop', podUid: undefined, workload: 'db', container: 'app' },
  ...changes,
})
const BATCH = policyPodOf({ name: 'batch-1', labels: { app: 'batch' } })
const OWN = { scope: 'ContainerLimit' as const, limitKib: 65_536 }
const PROTECT = policyOf('p', { oomScoreAdj: { value: -500 } })

function verdictOf(kills: PastKill[], policy = PROTECT, facts = clusterFactsOf()) {
  const pods = { ofVictim: () => policyPodOf(), named: () => BATCH }
  const selected = () => [placeIn(policyPodOf(), 'app'), placeIn(BATCH, 'app')]
  return replayPolicies([policy], kills, pods, facts, selected).get('p')
}

describe('replayPolicies', () => {
  it('says how many of the last kills a policy would have changed, and what the others were', () => {
    const kills = [...Array.from({ length: 3 }, () => killOf()), ...Array.from({ length: 11 }, () => killOf(OWN))]
    expect(verdictOf(kills)).toEqual({
      status: 'True',
      reason: 'WouldHaveChanged',
      message: "would have changed 3 of the last 14 kills it could have touched: 11 were the containers' own limits",
    })
  })

  it.each([
    ['False', 'OwnLimits', [killOf(OWN)], PROTECT],
    ['False', 'Ineffective', [killOf(OWN), killOf()], policyOf('p', { oomScoreAdj: { delta: -1 } })],
    ['Unknown', 'NoKills', [], PROTECT],
    [
      'Unknown',
      'NoKills',
      [killOf({ victim: { namespace: 'shop', podUid: undefined, workload: 'db', container: 'other' } })],
      policyOf('p', { containers: ['app'] }),
    ],
    ['Unknown', 'CannotTell', [killOf({ candidates: undefined }), killOf(OWN)], PROTECT],
    ['False', 'Ineffective', [killOf()], policyOf('p')],
    ['Unknown', 'SetsNoScore', [killOf()], policyOf('p', { oomScoreAdj: undefined, killScope: 'Process' })],
  ] as const)('is %s for %s', (status, reason, kills, policy) => {
    expect(verdictOf([...kills], policy)).toMatchObject({ status, reason })
  })

  it('counts kills of others that a policy would have drawn to itself, and those of which the list does not tell', () => {
    const raise = policyOf('p', { podSelector: { matchLabels: { app: 'batch' } } })
    const candidates = candidateTable(
      killEventOf({
        scope: 'Node',
        victim: { pid: 100, command: 'postgres' },
        candidates: [
          { ...row, pid: 100, command: 'postgres', badnessPages: 17_000_000, oomScoreAdj: 990 },
          { ...row, pid: 200, command: 'batch', badnessPages: 16_900_000, oomScoreAdj: 900, podUid: 'b' },
        ],
      }),
      () => true,
      () => 'batch-1/app',
    )
    expect(verdictOf([killOf({ candidates })], raise)).toEqual({
      status: 'True',
      reason: 'WouldHaveChanged',
      message: 'would have changed 1 of the last 1 kills it could have touched',
    })
    expect(verdictOf([killOf({ candidates: undefined })], raise)).toMatchObject({ reason: 'CannotTell' })
    expect(verdictOf([killOf(OWN)], raise)).toMatchObject({ reason: 'NoKills' })
  })

  it('replays a policy that was taken back as if it were applied, and none that a guard rail keeps away', () => {
    const withdrawn = new Map([['p', { nodes: new Set(['node-a']), everywhere: false }]])
    expect(verdictOf([killOf()], PROTECT, clusterFactsOf({ withdrawn }))?.reason).toBe('WouldHaveChanged')
    const nodes = new Map([['node-a', { memory: undefined, isVirtual: true }]])
    expect(verdictOf([killOf()], PROTECT, clusterFactsOf({ nodes }))?.reason).toBe('NoKills')
  })

  it('looks at so many kills, the newest', () => {
    const kills = [...Array.from({ length: MAX_REPLAYED }, () => killOf(OWN)), killOf()]
    expect(verdictOf(kills)?.reason).toBe('OwnLimits')
  })
})
