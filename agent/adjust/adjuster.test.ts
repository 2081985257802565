import { beforeEach, describe, expect, it } from '@jest/globals'
import type { WriteOutcome } from '../adapters/containerProcesses.ts'
import { Adjuster } from './adjuster.ts'
import type { Originals } from './originals.ts'

const A = 'a'.repeat(64)
const want = [{ podUid: 'pod-1', name: 'app', containerId: A, oomScoreAdj: 500, policy: 'p' }]

let name: string | undefined
let scores: Map<number, number>
let answer: WriteOutcome
let saved: Originals[]
let steps: string[]

const adjusterFrom = (originals: Originals): Adjuster =>
  new Adjuster(originals, {
    observe: ({ containerIds, podUids }) => {
      if (!(containerIds.has(A) || podUids.has('pod-1')) || scores.size === 0) return []
      const processes = [...scores].map(([pid, oomScoreAdj]) => ({ pid, startTicks: 1, oomScoreAdj }))
      return [{ containerId: A, podUid: 'pod-1', name, processes }]
    },
    write: (_id, { pid }, oomScoreAdj) => {
      steps.push(`write ${pid} ${oomScoreAdj}`)
      if (answer.kind === 'written') scores.set(pid, oomScoreAdj)
      return answer
    },
    saveOriginals: (originals) => {
      steps.push('save')
      saved.push(originals)
    },
  })

beforeEach(() => {
  name = undefined
  scores = new Map([[1, 0]])
  answer = { kind: 'written' }
  saved = []
  steps = []
})

describe('Adjuster', () => {
  it('has the originals on disk before the first write, and is quiet when nothing changes', () => {
    const adjuster = adjusterFrom({})
    expect(adjuster.sweep(want).statuses).toMatchObject([{ containerId: A, outcome: 'applied' }])
    adjuster.sweep(want)
    expect(steps).toEqual(['save', 'write 1 500'])
  })

  it('gives back after a crash between the write and everything else', () => {
    adjusterFrom({}).sweep(want)
    adjusterFrom(saved.at(-1) ?? {}).sweep([])
    expect(scores.get(1)).toBe(0)
    expect(saved.at(-1)).toEqual({})
  })

  it('says which capability is missing when the kernel refuses', () => {
    answer = { kind: 'refused' }
    expect(adjusterFrom({}).sweep(want).statuses).toMatchObject([
      { outcome: 'failed', reason: 'KernelRefused', message: expect.stringContaining('CAP_SYS_RESOURCE') },
    ])
  })

  it('keeps the originals of what could not be given back', () => {
    const adjuster = adjusterFrom({})
    adjuster.sweep(want)
    answer = { kind: 'failed', message: 'EIO' }
    expect(adjuster.sweep([])).toMatchObject({ statuses: [], restoring: 1 })
    expect(Object.keys(saved.at(-1) ?? {})).toEqual([A])
    answer = { kind: 'written' }
    expect(adjuster.sweep([]).restoring).toBe(0)
    expect(scores.get(1)).toBe(0)
  })

  it('writes nothing when the originals cannot be saved', () => {
    const adjuster = new Adjuster(
      {},
      {
        observe: () => [
          { containerId: A, podUid: 'pod-1', name, processes: [{ pid: 1, startTicks: 1, oomScoreAdj: 0 }] },
        ],
        write: () => {
          throw new Error('written without originals')
        },
        saveOriginals: () => {
          throw new Error('ENOSPC')
        },
      },
    )
    expect(() => adjuster.sweep(want)).toThrow('ENOSPC')
  })

  it('tells a container of a desired pod that nobody can name yet, and writes once it has a name', () => {
    const waiting = [{ podUid: 'pod-1', name: 'app', oomScoreAdj: 500, policy: 'p' }]
    const adjuster = adjusterFrom({})
    expect(adjuster.sweep(waiting)).toEqual({ statuses: [], restoring: 0, unnamed: [A] })
    expect(steps).toEqual([])
    name = 'app'
    expect(adjuster.sweep(waiting)).toMatchObject({ statuses: [{ outcome: 'applied' }], unnamed: [] })
    expect(scores.get(1)).toBe(500)
  })

  it('forgets a container that has ended', () => {
    const adjuster = adjusterFrom({})
    adjuster.sweep(want)
    scores = new Map()
    adjuster.sweep([])
    expect(saved.at(-1)).toEqual({})
  })
})
