import { describe, expect, it } from '@jest/globals'
import { fakeProc, type FakeProcess } from './fakeProc.testkit.ts'
import { planDescribed, scanLiveTasks } from './scan.ts'

const POD = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const CONTAINER = 'ab'.repeat(32)

let turns = 0
const endTurn = (): Promise<void> => Promise.resolve(void turns++)
const scan = (processes: readonly FakeProcess[], top = 10) => scanLiveTasks(fakeProc(processes), top, endTurn)
const pidsOf = async (processes: readonly FakeProcess[], top?: number): Promise<number[]> =>
  (await scan(processes, top)).tasks.map(({ pid }) => pid)

describe('scanLiveTasks', () => {
  it('ranks by score, within a score by memory, and takes the youngest of equals', async () => {
    const processes = [
      { pid: 10, oomScore: 667, rssKib: 2000 },
      { pid: 11, oomScore: 667, rssKib: 3000 },
      { pid: 12, oomScore: 1333, oomScoreAdj: 1000, rssKib: 10 },
      { pid: 13, oomScore: 667, rssKib: 2000, startTicks: 5 },
    ]
    expect(await pidsOf(processes)).toEqual([12, 11, 10, 13])
    expect(await pidsOf(processes, 2)).toEqual([12, 11])
  })

  it('leaves out what the killer never takes, and keeps what merely has no points', async () => {
    const processes = [
      { pid: 1, oomScore: 0 },
      { pid: 2, oomScore: 0, rssKib: null },
      { pid: 3, oomScore: 0, oomScoreAdj: -1000 },
      { pid: 4, oomScore: 0, oomScoreAdj: -999 },
    ]
    expect(await pidsOf(processes)).toEqual([4])
  })

  it('shows a container’s own init, which has a score, and a process whose leader has exited', async () => {
    const { tasks } = await scan([
      { pid: 1, oomScore: 668 },
      { pid: 7, oomScore: 667, rssKib: null },
    ])
    expect(tasks).toMatchObject([
      { pid: 1, rssKib: 1024 },
      { pid: 7, rssKib: undefined },
    ])
  })

  it('goes on where a process has vanished in between, and still finds as many as asked for', async () => {
    const processes = Array.from({ length: 30 }, (_, at) => ({ pid: 100 + at, oomScore: 900 - at, gone: at % 3 === 0 }))
    const pids = await pidsOf(processes, 5)
    expect(pids).toEqual([101, 102, 104, 105, 107])
  })

  it('names pod and container of a process that is in one', async () => {
    const cgroup = `/kubepods/burstable/pod${POD}/${CONTAINER}`
    const { tasks } = await scan([{ pid: 10, oomScore: 1, cgroup }])
    expect(tasks[0]).toMatchObject({ podUid: POD, containerId: CONTAINER, cgroupPath: cgroup })
  })

  it('lets others have a turn every 50 processes', async () => {
    turns = 0
    await scan(
      Array.from({ length: 500 }, (_, at) => ({ pid: 100 + at, oomScore: at })),
      5,
    )
    expect(turns).toBe(10)
  })
})

describe('planDescribed', () => {
  it('takes all that share the last score', () => {
    const scores = [5, 9, 7, 7, 1].map((oomScore, pid) => ({ pid, oomScore }))
    expect(planDescribed(scores, 2).map(({ oomScore }) => oomScore)).toEqual([9, 7, 7])
    expect(planDescribed([], 2)).toEqual([])
  })
})
