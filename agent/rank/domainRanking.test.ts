import { describe, expect, it } from '@jest/globals'
import { FakeCgroups } from '../cgroup/fakeCgroups.testkit.ts'
import { DomainRanking, type DumplessKill } from './domainRanking.ts'
import { fakeProc, type FakeProcess } from './fakeProc.testkit.ts'

const STARTED_MS = 1_000_000
const CONTAINER = '/kubepods/burstable/pod1/c1'

/** @param listMs how long it takes to list the processes */
function nodeWith(processes: FakeProcess[], cgroups?: FakeCgroups, listMs = 0) {
  const clock = { nowMs: STARTED_MS }
  const files = fakeProc(processes)
  let scans = 0
  const counted = { ...files, listPids: () => (scans++, (clock.nowMs += listMs), files.listPids()) }
  const ranking = new DomainRanking(counted, () => clock.nowMs, cgroups)
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

  it('takes a cgroup’s processes by its lists where they are to be had, and does not look at the others', () => {
    const processes: FakeProcess[] = [
      { pid: 10, oomScore: 667, rssKib: 2000, cgroup: CONTAINER },
      { pid: 12, oomScore: 667, rssKib: 4000, cgroup: `${CONTAINER}/init.scope` },
      { pid: 14, oomScore: 667, rssKib: 9000 },
    ]
    const cgroups = new FakeCgroups({
      [`${CONTAINER}/cgroup.procs`]: '0\n10\n',
      [`${CONTAINER}/init.scope/cgroup.procs`]: '12\n13\n',
    })
    const { rank, clock, scans } = nodeWith(processes, cgroups)
    const ofContainer = { cgroupPath: CONTAINER }
    expect(rank(ofContainer)?.tasks.map(({ pid }) => pid)).toEqual([12, 10])
    expect(rank({ ...ofContainer, victimPid: 12 })).toMatchObject({ processCount: 1, tasks: [{ pid: 10 }] })
    expect(scans()).toBe(0)
    // Known for a second, but for those who are gone.
    processes[1]!.gone = true
    cgroups.texts.set(`${CONTAINER}/cgroup.procs`, '10\n14\n')
    expect(rank(ofContainer)?.tasks.map(({ pid }) => pid)).toEqual([10])
    processes[2]!.cgroup = CONTAINER
    clock.nowMs += 1_000
    expect(rank(ofContainer)?.tasks.map(({ pid }) => pid)).toEqual([14, 10])
    expect(scans()).toBe(0)
    cgroups.remove(CONTAINER)
    clock.nowMs += 1_000
    expect(rank(ofContainer)).toBeDefined()
    expect(scans()).toBe(1)
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
    expect(scans()).toBe(2)
  })

  it('looks less often at a node that takes long, so that no more than a twentieth of the time goes into it', () => {
    const { pids, clock, scans } = nodeWith([{ pid: 10, oomScore: 667 }], undefined, 700)
    pids()
    clock.nowMs += 13_000
    pids()
    expect(scans()).toBe(1)
    clock.nowMs += 1_000
    pids()
    expect(scans()).toBe(2)
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
