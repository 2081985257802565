import { describe, expect, it } from '@jest/globals'
import { fakeProc, type FakeProcess } from './fakeProc.testkit.ts'
import type { RankScope } from '#contract/rank.ts'
import type { CgroupFiles } from '../cgroup/memoryFiles.ts'
import { planWeighed, scanScope } from './scan.ts'

const POD = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const CONTAINER = 'ab'.repeat(32)

let turns = 0
const endTurn = (): Promise<void> => Promise.resolve(void turns++)
const noCgroups: CgroupFiles = { readText: () => undefined }
const scan = (processes: readonly FakeProcess[], top = 10, scope: RankScope = { kind: 'node' }, cgroups = noCgroups) =>
  scanScope({ files: fakeProc(processes), cgroups, endTurn }, scope, top)
const pidsOf = async (processes: readonly FakeProcess[], top?: number): Promise<number[]> =>
  (await scan(processes, top)).tasks.map(({ pid }) => pid)

describe('scanScope', () => {
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

  it('tells what is never chosen, by why', async () => {
    const { neverChosen, processCount } = await scan([
      { pid: 1, oomScore: 0 },
      { pid: 2, oomScore: 0, rssKib: null, isKernelThread: true },
      { pid: 3, oomScore: 0, rssKib: null, isKernelThread: true },
      { pid: 4, oomScore: 0, oomScoreAdj: -1000, command: 'sshd' },
      { pid: 5, oomScore: 0, oomScoreAdj: -1000, command: 'sshd' },
      { pid: 6, oomScore: 0, rssKib: null, command: 'defunct' },
      { pid: 7, oomScore: 0, gone: true },
      { pid: 8, oomScore: 0, oomScoreAdj: -999 },
    ])
    expect({ processCount, neverChosen }).toEqual({
      processCount: 8,
      neverChosen: {
        init: true,
        kernelThreadCount: 2,
        protectedCount: 2,
        protectedCommands: ['sshd'],
        withoutMemoryCount: 1,
      },
    })
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

describe('scanScope of a cgroup', () => {
  const limits = (files: Record<string, string>): CgroupFiles => ({ readText: (path) => files[path] })
  const processes: FakeProcess[] = [
    { pid: 10, oomScore: 670, rssKib: 4000, cgroup: '/a/b' },
    { pid: 11, oomScore: 680, rssKib: 1000, oomScoreAdj: 100, cgroup: '/a/b/c' },
    { pid: 12, oomScore: 999, rssKib: 9000, cgroup: '/a' },
    { pid: 13, oomScore: 0, oomScoreAdj: -1000, cgroup: '/a/b' },
  ]
  const inCgroup = (cgroups?: CgroupFiles) => scan(processes, 10, { kind: 'cgroup', path: '/a/b' }, cgroups)

  it('weighs within its own limit: a tenth of that, not of the machine', async () => {
    const cgroups = limits({ '/a/b/memory.max': '10240000\n', '/a/b/memory.current': '5120000\n' })
    const ranking = await inCgroup(cgroups)
    expect(ranking).toMatchObject({
      cgroupPath: '/a/b',
      processCount: 3,
      totalKib: 10_000,
      limit: { cgroupPath: '/a/b', limitKib: 10_000, usageKib: 5000 },
      neverChosen: { protectedCount: 1 },
      tasks: [
        { pid: 10, badnessKib: 4000 },
        { pid: 11, badnessKib: 1000 + 100 * 2 * 4 },
      ],
    })
  })

  it('weighs within the limit of an ancestor, where that is the first', async () => {
    const cgroups = limits({ '/a/memory.max': '102400000\n', '/a/b/memory.max': 'max\n' })
    const { limit, tasks } = await inCgroup(cgroups)
    expect(limit?.cgroupPath).toBe('/a')
    expect(tasks.map(({ pid, badnessKib }) => [pid, badnessKib])).toEqual([
      [11, 1000 + 100 * 25 * 4],
      [10, 4000],
    ])
  })

  it('weighs within the machine’s memory, where nothing limits it', async () => {
    expect(await inCgroup()).toMatchObject({ limit: undefined, totalKib: 1_048_576, tasks: [{ pid: 11 }, { pid: 10 }] })
  })

  it('tells that a cgroup goes as a whole', async () => {
    const cgroups = limits({
      '/a/b/memory.max': '10240000\n',
      '/a/b/memory.oom.group': '1\n',
      '/a/memory.oom.group': '1\n',
    })
    expect((await inCgroup(cgroups)).groupKillPath).toBe('/a/b')
  })

  const other = 'cd'.repeat(32)
  const podPath = `/kubepods/burstable/pod${POD}`
  const dockerPath = `/system.slice/docker-${'12345678'.repeat(8)}.scope`
  const pods: FakeProcess[] = [
    { pid: 25, oomScore: 740, cgroup: dockerPath },
    { pid: 20, oomScore: 700, cgroup: `${podPath}/${CONTAINER}` },
    { pid: 21, oomScore: 710, cgroup: `${podPath}/${CONTAINER}/inner` },
    { pid: 22, oomScore: 720, cgroup: `${podPath}/${other}` },
    { pid: 23, oomScore: 730, cgroup: `/kubepods/pod${POD.replace('0f', '1f')}/${CONTAINER.replace('ab', 'ef')}` },
  ]

  it.each<[RankScope, string, number[]]>([
    [{ kind: 'pod', uid: POD }, podPath, [20, 21, 22]],
    [{ kind: 'container', id: 'abababab' }, `${podPath}/${CONTAINER}`, [20, 21]],
    [{ kind: 'container', id: '12345678' }, dockerPath, [25]],
  ])('finds %j by the paths of its processes', async (scope, cgroupPath, pids) => {
    const ranking = await scan(pods, 10, scope)
    expect(ranking.cgroupPath).toBe(cgroupPath)
    expect(new Set(ranking.tasks.map(({ pid }) => pid))).toEqual(new Set(pids))
  })

  it('says when there is no such thing, or more than one', async () => {
    await expect(scan(pods, 10, { kind: 'cgroup', path: '/kubepods/burst' })).rejects.toMatchObject({
      code: 'ScopeEmpty',
      message: 'expected processes in cgroup /kubepods/burst, got none',
    })
    const twins = [...pods, { pid: 24, oomScore: 1, cgroup: `${podPath}/${'ab'.repeat(31)}ff` }]
    await expect(scan(twins, 10, { kind: 'container', id: 'abababab' })).rejects.toMatchObject({
      code: 'ScopeAmbiguous',
      message: expect.stringMatching(/^expected one cgroup of a container abababab, got \/kubepods\/.*, \/kubepods\//),
    })
  })
})

describe('planWeighed', () => {
  it('takes all that share the last score', () => {
    const scores = [5, 9, 7, 7, 1].map((oomScore, pid) => ({ pid, oomScore }))
    expect(planWeighed(scores, 2).map(({ oomScore }) => oomScore)).toEqual([9, 7, 7])
    expect(planWeighed([], 2)).toEqual([])
  })
})

describe('of many with one score', () => {
  const many = (rssKib: (at: number) => number): FakeProcess[] =>
    Array.from({ length: 200 }, (_, at) => ({
      pid: 1000 + at,
      oomScore: 667,
      rssKib: rssKib(at),
      startTicks: 500 - at,
    }))

  it('reads who they are of the heaviest only', async () => {
    const files = fakeProc(many((at) => 4 * at))
    const read: string[] = []
    const counted = { ...files, readRecord: (path: string) => (read.push(path), files.readRecord(path)) }
    const { tasks } = await scanScope({ files: counted, cgroups: noCgroups, endTurn }, { kind: 'node' }, 5)
    expect(tasks.map(({ pid }) => pid)).toEqual([1199, 1198, 1197, 1196, 1195])
    expect(read.filter((path) => path.endsWith('/status'))).toHaveLength(200)
    expect(read.filter((path) => path.endsWith('/stat')).length).toBeLessThan(20)
  })

  it('takes the youngest, where all are as heavy', async () => {
    expect(
      await pidsOf(
        many(() => 4000),
        3,
      ),
    ).toEqual([1000, 1001, 1002])
  })
})
