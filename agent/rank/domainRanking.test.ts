import { describe, expect, it } from '@jest/globals'
import { DomainRanking, type DumplessKill } from './domainRanking.ts'
import { fakeProc, type FakeProcess } from './fakeProc.testkit.ts'

const STARTED_MS = 1_000_000
const CONTAINER = '/kubepods/burstable/pod1/c1'

function nodeWith(processes: FakeProcess[]) {
  const clock = { nowMs: STARTED_MS }
  const files = fakeProc(processes)
  let scans = 0
  const counted = { ...files, listPids: () => (scans++, files.listPids()) }
  const ranking = new DomainRanking(counted, () => clock.nowMs)
  const rank = (kill: Partial<DumplessKill> = {}) =>
    ranking.rank({ victimPid: 1, killedAtMs: clock.nowMs, cgroupPath: undefined, ...kill })
  const pids = (kill?: Partial<DumplessKill>) => rank(kill)?.tasks.map(({ pid }) => pid)
  return { rank, pids, clock, scans: () => scans }
}

describe('DomainRanking', () => {
  it('ranks every process of the node but the victim, as the kernel does', () => {
    const { rank, pids } = nodeWith([
      { pid: 10, oomScore: 667, rssKib: 2000 },
      { pid: 11, oomScore: 700, rssKib: 12, oomScoreAdj: 50 },
      { pid: 12, oomScore: 667, rssKib: 9000 },
      { pid: 13, oomScore: 0, oomScoreAdj: -1000 },
    ])
    expect(pids({ victimPid: 12 })).toEqual([11, 10])
    expect(rank({ victimPid: 12 })).toMatchObject({ processCount: 2, tasks: [{ badnessKib: 12 + 50 * 262 * 4 }, {}] })
  })

  it('takes a cgroup’s own processes and those below it, by memory alone', () => {
    const { rank } = nodeWith([
      { pid: 10, oomScore: 667, rssKib: 2000, cgroup: CONTAINER },
      { pid: 11, oomScore: 700, rssKib: 12, oomScoreAdj: 50, cgroup: CONTAINER },
      { pid: 12, oomScore: 667, rssKib: 4000, cgroup: `${CONTAINER}/init.scope` },
      { pid: 13, oomScore: 667, rssKib: 9000, cgroup: `${CONTAINER}0` },
      { pid: 14, oomScore: 667, rssKib: 9000 },
    ])
    expect(rank({ cgroupPath: CONTAINER })).toMatchObject({
      processCount: 3,
      tasks: [
        { pid: 12, badnessKib: 4000 },
        { pid: 10, badnessKib: 2000 },
        { pid: 11, badnessKib: 12, oomScore: 700 },
      ],
    })
  })

  it('looks once a second, however many are killed, and tells each what is left of it by then', () => {
    const processes = [10, 11, 12, 13].map((pid): FakeProcess => ({ pid, oomScore: 1000 - pid, startTicks: 1 }))
    const { pids, clock, scans } = nodeWith(processes)
    expect(pids({ victimPid: 10 })).toEqual([11, 12, 13])
    clock.nowMs += 999
    processes[0]!.gone = true
    processes[2]!.startTicks = 99
    expect(pids({ victimPid: 11 })).toEqual([13])
    expect(scans()).toBe(1)
    clock.nowMs += 1
    expect(pids({ victimPid: 11 })).toEqual([12, 13])
    clock.nowMs -= 5_000
    expect(pids({ victimPid: 11, killedAtMs: STARTED_MS })).toEqual([12, 13])
    expect(scans()).toBe(3)
  })

  it('tells twenty at most, and of how many they are the best', () => {
    const { rank } = nodeWith(Array.from({ length: 30 }, (_, at) => ({ pid: 100 + at, oomScore: 900 - at })))
    const ranking = rank()
    expect(ranking?.processCount).toBe(30)
    expect(ranking?.tasks.map(({ pid }) => pid)).toEqual(Array.from({ length: 20 }, (_, at) => 100 + at))
  })

  it('leaves the victim out when the kill line names another of its threads', () => {
    const { pids } = nodeWith([
      { pid: 10, oomScore: 700, threads: [15] },
      { pid: 11, oomScore: 600 },
    ])
    expect(pids({ victimPid: 15 })).toEqual([11])
  })

  it('leaves out a process without memory figures: its points cannot be told', () => {
    const { rank } = nodeWith([
      { pid: 10, oomScore: 700, rssKib: null },
      { pid: 11, oomScore: 600 },
    ])
    expect(rank()).toMatchObject({ processCount: 2, tasks: [{ pid: 11 }] })
  })

  it('knows nothing of a kill from before it was there, nor when processes cannot be listed', () => {
    const { rank, scans } = nodeWith([{ pid: 10, oomScore: 1 }])
    expect(rank({ killedAtMs: STARTED_MS - 1 })).toBeUndefined()
    expect(scans()).toBe(0)
    const listPids = (): number[] => {
      throw new Error('EMFILE')
    }
    const blind = new DomainRanking({ ...fakeProc([]), listPids }, () => STARTED_MS)
    expect(blind.rank({ victimPid: 1, killedAtMs: STARTED_MS, cgroupPath: undefined })).toBeUndefined()
  })
})
