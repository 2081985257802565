import { describe, expect, it } from '@jest/globals'
import type { NodeRanking } from '../../operator/api/nodeRanking.ts'
import {
  NODE_TOTAL_KIB,
  clusterOf,
  containerId,
  policyOf,
  RAILS,
  rankingOf,
  rawPod,
  rawPolicy,
} from './policies.testkit.ts'
import { previewPolicies } from './previewPolicies.ts'
import { previewRanking } from './previewRanking.ts'

const PER_THOUSAND_PAGES = Math.floor(NODE_TOTAL_KIB / 4 / 1000)
const CGROUP = `/kubepods/podx/${containerId(1)}`

function task(pid: number, command: string, oomScoreAdj: number, container?: number) {
  return {
    pid,
    command,
    oomScore: 1200,
    oomScoreAdj,
    rssKib: 400_000,
    badnessPages: 100_000 + oomScoreAdj * PER_THOUSAND_PAGES,
    ...(container !== undefined && { containerId: containerId(container), cgroupPath: CGROUP }),
  }
}

const ranking = rankingOf(task(11, 'web', 875, 1), task(10, 'master', 875, 1), task(7, 'cron', 600))

async function preview(spec: object, ...objects: unknown[]) {
  const { decided } = previewPolicies([policyOf('a', spec)], await clusterOf(rawPod(1), ...objects), RAILS)
  return previewRanking(ranking, decided)
}

const scores = ({ candidates }: NodeRanking) => candidates.map(({ pid, oomScoreAdj }) => [pid, oomScoreAdj])

describe('previewRanking', () => {
  it('puts processes where their points with another value would', async () => {
    const { ranking: after, changed } = await preview({})
    expect(scores(after)).toEqual([
      [7, 600],
      [11, 500],
      [10, 500],
    ])
    expect(changed).toBe(2)
    expect(after.candidates[1]).toMatchObject({ badnessPages: 100_000 + 500 * PER_THOUSAND_PAGES })
    // 2/3 of 1000, the value and 47 thousandths of memory.
    expect(after.candidates[1]?.oomScore).toBe(1031)
  })

  it('tells a container’s processes apart by command, and by which was the first', async () => {
    expect(scores((await preview({ processes: [{ command: 'mas*' }] })).ranking)).toEqual([
      [11, 875],
      [7, 600],
      [10, 500],
    ])
    expect(scores((await preview({ processes: [{ init: true }], oomScoreAdj: { delta: -900 } })).ranking)).toEqual([
      [11, 875],
      [7, 600],
      [10, -25],
    ])
  })

  it('leaves as it is what depends on what a ranking does not tell', async () => {
    const { ranking: after, undecided, changed } = await preview({ processes: [{ command: 'web', exe: 'nginx' }] })
    expect({ after, undecided, changed }).toEqual({ after: ranking, undecided: [11], changed: 0 })
  })

  it('starts from the kubelet’s value where a policy of the cluster may have changed it', async () => {
    const adjusted = { ...ranking, candidates: ranking.candidates.map((one) => ({ ...one, oomScoreAdj: 300 })) }
    const objects = await clusterOf(rawPod(1), rawPolicy('a', { oomScoreAdj: { value: 300 } }))
    const decidedBy = (spec: object) => previewPolicies([policyOf('a', spec)], objects, RAILS).decided
    expect(scores(previewRanking(adjusted, decidedBy({ oomScoreAdj: { delta: 25 } })).ranking)[0]).toEqual([11, 900])
    const away = decidedBy({ podSelector: { matchLabels: { app: 'other' } } })
    expect(scores(previewRanking(adjusted, away).ranking)[0]).toEqual([11, 875])
  })

  it('has a container go as a whole or not, as killScope says', async () => {
    const groups = async (killScope: string, groupKillPath?: string) => {
      const { decided } = previewPolicies([policyOf('a', { killScope })], await clusterOf(rawPod(1)), RAILS)
      const candidates = ranking.candidates.map((one) => ({ ...one, ...(groupKillPath && { groupKillPath }) }))
      const { ranking: after } = previewRanking({ ...ranking, candidates }, decided)
      return after.candidates.find(({ pid }) => pid === 11)?.groupKillPath
    }
    expect(await groups('Container')).toBe(CGROUP)
    expect(await groups('Process', CGROUP)).toBeUndefined()
    expect(await groups('Process', '/kubepods')).toBe('/kubepods')
  })

  it('leaves a value that a node would refuse to change', async () => {
    const exempt = { ...ranking, candidates: [task(11, 'web', -800, 1), task(7, 'cron', 600)] }
    const { decided } = previewPolicies(
      [policyOf('a', { oomScoreAdj: { value: -500 } })],
      await clusterOf(rawPod(1)),
      RAILS,
    )
    expect(previewRanking(exempt, decided)).toMatchObject({ changed: 0, ranking: exempt })
  })

  it('keeps the order where it is not told what a score is a share of', async () => {
    const { domain: _, ...without } = ranking
    const { decided } = previewPolicies([policyOf('a')], await clusterOf(rawPod(1)), RAILS)
    expect(previewRanking(without, decided).ranking.candidates.map(({ pid }) => pid)).toEqual([11, 10, 7])
  })
})
