import { describe, expect, it } from '@jest/globals'
import type { CandidateRow } from '../../reports/parseCandidateTable.ts'
import { clusterFactsOf, policyOf, policyPodOf } from '../../testing/policies.ts'
import type { PolicyPod } from '../selection.ts'
import { replayKill, type PastKill, type Replay } from './replayKill.ts'

const KILL: PastKill = {
  time: '2026-03-01T10:00:00.000Z',
  node: 'node-a',
  scope: 'Node',
  limitKib: undefined,
  victimPid: 100,
  candidates: undefined,
  namespace: 'shop',
  podUid: undefined,
  workload: 'db',
  container: 'app',
}
/** 64 GiB: 16,777 pages for each point of a score. */
const FACTS = clusterFactsOf()
const row = (
  pid: number | undefined,
  oomScoreAdj: number,
  badnessPages: number,
  command = 'postgres',
): CandidateRow => ({
  pid,
  command: pid === undefined ? undefined : command,
  oomScoreAdj,
  badnessPages,
})
const VICTIM = row(100, 990, 17_000_000)
const OTHER = row(undefined, 999, 16_900_000)

interface Case {
  spec?: object
  rows?: CandidateRow[]
  kill?: Partial<PastKill>
  pod?: Partial<PolicyPod>
  isKernels?: boolean
}

function replay({ spec = {}, rows = [VICTIM, OTHER], kill = {}, pod = {}, isKernels = true }: Case): Replay {
  const policy = policyOf('p', { oomScoreAdj: { value: -500 }, ...spec })
  const [member] = policyPodOf(pod).members
  if (member === undefined) throw new Error('expected a container')
  return replayKill({ policy, pod: policyPodOf(pod), member }, { ...KILL, ...kill }, { isKernels, rows }, FACTS).replay
}

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

  it('moves the other processes of the victim’s container with it, known by command and score', () => {
    expect(replay({ rows: [VICTIM, row(101, 990, 16_999_999)] })).toBe('same')
    expect(replay({ rows: [VICTIM, row(101, 990, 16_999_999, 'nginx')] })).toBe('changed')
  })

  it('compares with what the kubelet gives where the policy was in force', () => {
    const rows = [row(100, 1000, 17_000_000), row(undefined, 999, 16_990_000)]
    expect(replay({ spec: { oomScoreAdj: { value: 1000 } }, rows })).toBe('changed')
    expect(replay({ spec: { oomScoreAdj: { value: 1000 } }, rows: [rows[0] ?? VICTIM, OTHER] })).toBe('same')
  })

  describe('with processes', () => {
    const kill = { scope: 'ContainerLimit' as const, limitKib: 262_144 }
    const rows = [row(100, 990, 70_000), row(101, 990, 69_000, 'worker')]

    it('replays a container’s own limit too, since it tells its processes apart', () => {
      expect(replay({ kill, rows, spec: { processes: [{ command: 'post*' }] } })).toBe('changed')
      expect(replay({ kill, rows, spec: { processes: [{ command: 'none' }, { command: 'w?rker' }] } })).toBe('same')
    })

    it('cannot tell by what no list has', () => {
      expect(replay({ kill, rows, spec: { processes: [{ exe: 'postgres' }] } })).toBe('unknown')
      expect(replay({ kill, rows, spec: { processes: [{ exe: 'x', command: 'none' }] } })).toBe('same')
    })
  })
})
