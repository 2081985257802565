import { describe, expect, it } from '@jest/globals'
import type { NodeRanking } from '../api/nodeRanking.ts'
import { nodeSimulation } from '../api/nodeSimulation.ts'
import { simulateRanking } from './simulateRanking.ts'

const task = (pid: number, badnessPages: number | undefined, cgroupPath?: string) => ({
  pid,
  command: `c${pid}`,
  oomScore: 1,
  oomScoreAdj: 0,
  badnessPages,
  freesKib: pid * 100,
  cgroupPath,
})
const ranking = (candidates: NodeRanking['candidates'], facts: Partial<NodeRanking> = {}): NodeRanking => ({
  version: 1,
  node: 'node-a',
  scannedAt: '2026-03-01T10:00:00.000Z',
  processCount: candidates.length,
  candidates,
  ...facts,
})
const order = (...parameters: Parameters<typeof simulateRanking>) =>
  simulateRanking(...parameters).kills.map(({ victim, others }) => [victim.pid, ...others.map(({ pid }) => pid)])

describe('simulateRanking', () => {
  it('takes the one with the most points first, until so much is free', () => {
    const some = ranking([task(1, 10), task(2, 30), task(3, 20)])
    expect(order(some, undefined)).toEqual([[2], [3], [1]])
    expect(simulateRanking(some, 400)).toMatchObject({ reached: true, kills: [{ freedKib: 200 }, { freedKib: 500 }] })
    expect(simulateRanking(some, 601)).toMatchObject({ reached: false, isWhole: true })
  })

  it('takes a group as a whole, and nobody beside it whose path begins alike', () => {
    const tasks = [task(1, 50, '/pod/a'), task(2, 40, '/pod-b'), task(3, 30, '/pod/b'), task(4, 20)]
    expect(order(ranking(tasks, { groupKillPath: '/pod' }), undefined)).toEqual([[1, 3], [2], [4]])
    expect(simulateRanking(ranking(tasks, { groupKillPath: '/pod' }), 1).kills[0]?.freesKib).toBe(400)
  })

  it('takes the group of each victim, where the agent tells them', () => {
    const tasks = [
      task(1, 50, '/a'),
      { ...task(2, 40, '/pod/a'), groupKillPath: '/pod' },
      { ...task(3, 30, '/pod/b'), groupKillPath: '/pod' },
    ]
    expect(order(ranking(tasks, { knowsGroups: true }), undefined)).toEqual([[1], [2, 3]])
  })

  it('leaves out whose memory cannot be told, and says of a full list that there may be others', () => {
    expect(simulateRanking(ranking([task(1, undefined), task(2, 5)]), undefined)).toMatchObject({
      unknownCount: 1,
      reached: true,
      kills: [{ victim: { pid: 2 } }],
    })
    const full = ranking(Array.from({ length: 50 }, (_, at) => task(at + 1, 100 - at)))
    expect(simulateRanking(full, undefined)).toMatchObject({ reached: false, isWhole: false })
  })

  it('is what the API says that it answers', () => {
    const answer = JSON.parse(JSON.stringify(simulateRanking(ranking([task(1, 10)]), 5)))
    expect(nodeSimulation.parse(answer)).toEqual(answer)
  })
})
