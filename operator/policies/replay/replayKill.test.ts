import { describe, expect, it } from '@jest/globals'
import type { CandidateRow } from '../../reports/parseCandidateTable.ts'
import { clusterFactsOf, policyOf, policyPodOf } from '../../testing/policies.ts'
import type { PolicyPod } from '../selection.ts'
import { placeIn } from './likePods.ts'
import type { PastKill, Place } from './pastKill.ts'
import { Reach } from './reach.ts'
import { replayKill, type Replay } from './replayKill.ts'

const KILL: PastKill = {
  time: '2026-03-01T10:00:00.000Z',
  node: 'node-a',
  scope: 'Node',
  limitKib: undefined,
  victimPid: 100,
  candidates: undefined,
  victim: undefined,
}
/** 64 GiB: 16,777 pages for each point of a score. */
const FACTS = clusterFactsOf({
  namespaces: new Map([
    ['shop', { team: 'a' }],
    ['etl', { team: 'b' }],
  ]),
})
const row = (
  pid: number | undefined,
  oomScoreAdj: number,
  badnessPages: number,
  command = 'postgres',
  container?: CandidateRow['container'],
): CandidateRow => ({
  pid,
  command: pid === undefined ? undefined : command,
  oomScoreAdj,
  badnessPages,
  container,
})
const VICTIM = row(100, 990, 17_000_000)
const OTHER = row(undefined, 999, 16_900_000)
const BATCH = policyPodOf({ namespace: 'etl', name: 'nightly-1', labels: { app: 'batch' } })
const IN_BATCH = { namespace: 'etl', pod: 'nightly-1', name: 'app' }

interface Case {
  spec?: object
  rows?: CandidateRow[]
  kill?: Partial<PastKill>
  pod?: Partial<PolicyPod>
  isKernels?: boolean
  /** `shop`: pod web-1's container `app`. */
  victim?: 'shop' | 'none' | 'untold'
  /** Containers of today that the policy selects. */
  selected?: Place[]
}

function whole({ spec = {}, rows = [VICTIM, OTHER], kill = {}, pod = {}, isKernels = true, ...more }: Case) {
  const policy = policyOf('p', { oomScoreAdj: { value: -500 }, ...spec })
  const { victim = 'shop', selected = [] } = more
  const place = victim === 'shop' ? placeIn(policyPodOf(pod), 'app') : victim === 'none' ? victim : undefined
  const places = rows.map(({ container }) =>
    typeof container === 'object' ? placeIn(container.namespace === 'etl' ? BATCH : policyPodOf(), 'app') : container,
  )
  const placed = { kill: { ...KILL, ...kill }, victim: place, inLine: () => ({ table: { isKernels, rows }, places }) }
  return replayKill(placed, new Reach(policy, FACTS, () => selected), FACTS)
}

const replay = (one: Case): Replay | undefined => whole(one)?.replay

describe('replayKill', () => {
  it.each<[Replay, string, Case]>([
    ['changed', 'another one stands first with the score', {}],
    ['changed', 'by a delta', { spec: { oomScoreAdj: { delta: -10 } } }],
    ['same', 'the difference is too small', { spec: { oomScoreAdj: { delta: -5 } } }],
    ['same', 'the score makes the victim likelier still', { spec: { oomScoreAdj: { value: 1000 } } }],
    ['ownLimit', 'it was the container’s own limit', { kill: { scope: 'ContainerLimit', limitKib: 65_536 } }],
    ['unknown', 'the list is not the kernel’s', { isKernels: false }],
    ['unknown', 'the victim is not in the list', { kill: { victimPid: 7 } }],
    ['unknown', 'nobody knows how much memory there was', { kill: { node: 'gone' } }],
    ['unknown', 'it was a cgroup whose limit is not told', { kill: { scope: 'Kubepods' } }],
    ['changed', 'it was a common parent’s limit', { kill: { scope: 'Kubepods', limitKib: 67_108_864 } }],
    [
      'same',
      'a negative value would protect it less: the agent leaves it alone',
      { rows: [row(100, -997, 17_000_000), OTHER], pod: { qosClass: 'Guaranteed' } },
    ],
  ])('says %s where %s', (expected, _where, one) => {
    expect(replay(one)).toBe(expected)
  })

  it('goes by the limit that was hit, not by the machine', () => {
    const rows = [row(100, 990, 17_000), row(undefined, 999, 16_500)]
    // 256 MiB: 65 pages for each point.
    const kill = { scope: 'Kubepods' as const, limitKib: 262_144 }
    expect(replay({ kill, rows, spec: { oomScoreAdj: { delta: -7 } } })).toBe('same')
    expect(replay({ kill, rows, spec: { oomScoreAdj: { delta: -8 } } })).toBe('changed')
  })

  it('moves the other processes of the victim’s container with it, by name, else known by command and score', () => {
    expect(replay({ rows: [VICTIM, row(101, 990, 16_999_999)] })).toBe('same')
    expect(replay({ rows: [VICTIM, row(101, 990, 16_999_999, 'nginx')] })).toBe('changed')
    const named = { namespace: 'shop', pod: 'web-1', name: 'app' }
    expect(replay({ rows: [VICTIM, row(101, 990, 16_999_999, 'nginx', named)] })).toBe('same')
    expect(replay({ rows: [VICTIM, row(101, 990, 16_999_999, 'postgres', 'none')] })).toBe('changed')
  })

  it('compares with what the kubelet gives where the policy was in force', () => {
    const raise = { oomScoreAdj: { value: 1000 } }
    const rows = [row(100, 1000, 17_000_000), row(undefined, 999, 16_990_000)]
    expect(whole({ spec: raise, rows })).toEqual({ replay: 'changed', instead: rows[1] })
    expect(replay({ spec: raise, rows: [rows[0] ?? VICTIM, OTHER] })).toBe('same')
  })

  it('ends a delta where a policy may set no more, as the agent does', () => {
    const rows = [VICTIM, row(200, 999, 16_900_000, 'batch', IN_BATCH)]
    expect(
      replay({ rows, spec: { oomScoreAdj: { delta: 100 }, podSelector: { matchLabels: { app: 'batch' } } } }),
    ).toBe('same')
  })

  describe('of somebody else', () => {
    const BATCH_FIRST = { podSelector: { matchLabels: { app: 'batch' } }, oomScoreAdj: { value: 1000 } }
    const batch = (adj: number, pages: number) => row(200, adj, pages, 'batch', IN_BATCH)

    it('is drawn to whom the policy raises', () => {
      const rows = [VICTIM, batch(990, 16_900_000)]
      expect(whole({ rows, spec: BATCH_FIRST })).toEqual({ replay: 'changed', instead: rows[1] })
      expect(replay({ rows, spec: BATCH_FIRST, victim: 'none' })).toBe('changed')
      expect(replay({ rows: [VICTIM, batch(995, 16_900_000)], spec: BATCH_FIRST })).toBe('same')
    })

    it('is none that the policy could have touched where it only protects others, or nobody who was in line', () => {
      const protect = { podSelector: { matchLabels: { app: 'batch' } }, allowCrossQoS: true }
      expect(whole({ rows: [VICTIM, batch(990, 16_900_000)], spec: protect })).toBeUndefined()
      expect(whole({ rows: [VICTIM, OTHER], spec: BATCH_FIRST })).toBeUndefined()
      expect(whole({ spec: BATCH_FIRST, kill: { scope: 'ContainerLimit', limitKib: 65_536 } })).toBeUndefined()
    })

    it('was turned away from whom it protected', () => {
      const protect = { podSelector: { matchLabels: { app: 'batch' } } }
      const rows = [VICTIM, batch(-500, 16_900_000)]
      expect(whole({ rows, spec: protect })).toEqual({ replay: 'changed', instead: rows[1] })
    })
  })

  describe('where a report names nobody of another namespace', () => {
    const raise = { podSelector: { matchLabels: { app: 'batch' } }, oomScoreAdj: { value: 1000 } }
    const selected = [placeIn(BATCH, 'app')]

    it('is unknown where that decides, and else it is not', () => {
      const near = row(undefined, 990, 16_900_000)
      expect(replay({ rows: [VICTIM, near], spec: raise, selected })).toBe('unknown')
      expect(whole({ rows: [VICTIM, near], spec: raise })).toBeUndefined()
      expect(whole({ rows: [VICTIM, row(undefined, 990, 1_000_000)], spec: raise, selected })).toBeUndefined()
    })

    it('is unknown without a list where the policy raises somebody there', () => {
      expect(replay({ spec: raise, selected, isKernels: false })).toBe('unknown')
      expect(whole({ spec: raise, isKernels: false })).toBeUndefined()
    })

    it('is sure that the victim lives where somebody is ahead of it either way', () => {
      const spec = { oomScoreAdj: { delta: -10 } }
      const near = row(undefined, 990, 16_999_000)
      const outsider = row(7, 0, 16_950_000, 'sshd', 'none')
      expect(whole({ rows: [VICTIM, near, outsider], spec, selected })).toMatchObject({ replay: 'unknown' })
      const level = { oomScoreAdj: { value: -500 } }
      expect(whole({ rows: [VICTIM, near, outsider], spec: level, selected })).toEqual({ replay: 'changed' })
    })
  })

  describe('with processes', () => {
    const kill = { scope: 'ContainerLimit' as const, limitKib: 262_144 }
    const rows = [row(100, 990, 70_000), row(101, 990, 69_000, 'worker')]

    it('replays a container’s own limit too, since it tells its processes apart', () => {
      expect(replay({ kill, rows, spec: { processes: [{ command: 'post*' }] } })).toBe('changed')
      expect(replay({ kill, rows, spec: { processes: [{ command: 'none' }, { command: 'w?rker' }] } })).toBe('same')
    })

    it('cannot tell by what no list has, unless it makes no difference', () => {
      expect(replay({ kill, rows, spec: { processes: [{ exe: 'postgres' }] } })).toBe('unknown')
      expect(replay({ kill, rows, spec: { processes: [{ exe: 'x', command: 'none' }] } })).toBe('same')
      expect(replay({ kill, rows, spec: { processes: [{ exe: 'x', command: 'worker' }] } })).toBe('same')
    })
  })
})
