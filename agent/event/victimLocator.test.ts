import { beforeEach, describe, expect, it } from '@jest/globals'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { OomKill } from '#kernel/event/oomEvent.ts'
import { ProcessScan } from '../processes/processScan.ts'
import { ProcessTable } from '../processes/processTable.ts'
import { fakeProc, type FakeProcess } from '../rank/fakeProc.testkit.ts'
import { VictimLocator, type LocatorPorts } from './victimLocator.ts'
import { isSearch } from './victimPlace.ts'

const NOW_MS = Date.UTC(2026, 10, 23)
/** The machine has been up for 1,000 s. */
const CLOCK = { monotonicMs: NOW_MS, bootTicks: 100_000 }
const containerPath = (digit: string) =>
  `/kubepods/burstable/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60/${digit.repeat(64)}`
const [HERE, ELSEWHERE, SERVICE] = [containerPath('a'), containerPath('b'), '/system.slice/containerd.service']

let proc: FakeProcess[]
let table: ProcessTable
let explained: string[]
let counted: string | undefined
let newborn: Map<number, string>
let hasUnexplained: boolean

/** A kill line of process 500, or of another. */
function killOf(changes: Partial<OomKill> = {}): OomKill {
  const line = { sequence: 9, monotonicUsec: 5, eventSequence: 9, rawLines: [] }
  return { ...line, outcome: 'killed', victim: { pid: 500, command: 'app' }, ...changes }
}

function dumpOf(task: string, announcedPid: number): OomDump {
  return { cgroup: { task }, tasks: [], memoryLines: [], announcedVictim: { command: 'app', pid: announcedPid } }
}

const scan = (...processes: FakeProcess[]) => scanAfter(0, ...processes)

async function scanAfter(ms: number, ...processes: FakeProcess[]): Promise<void> {
  proc = processes
  const ports = { files: fakeProc(proc), endTurn: () => Promise.resolve() }
  await new ProcessScan(table, { ...ports, monotonicMs: () => NOW_MS - 10_000 + ms }).run()
}

function locate(kill: OomKill, killedAtMs = NOW_MS, changes: Partial<LocatorPorts> = {}) {
  const locator = new VictimLocator({
    table,
    files: fakeProc(proc),
    counters: {
      explain: (path) => void explained.push(path),
      find: () => ({ cgroupPath: counted, isOver: true }),
      look: () => undefined,
      grown: [],
      hasUnexplained: () => hasUnexplained,
    },
    newborn: { find: (pid) => newborn.get(pid) },
    readClock: () => CLOCK,
    seesKernelPids: true,
    onKill: () => undefined,
    ...changes,
  })
  return locator.locate(kill, killedAtMs)
}

/** Started when the machine had been up for 500 s. */
const APP: FakeProcess = { pid: 500, oomScore: 700, startTicks: 50_000, cgroup: HERE }
/** As cgroup v1 shows one that is ending. */
const ENDING: FakeProcess = { ...APP, cgroup: '/' }

beforeEach(() => {
  proc = []
  table = new ProcessTable()
  explained = []
  counted = undefined
  newborn = new Map()
  hasUnexplained = true
})

describe('VictimLocator', () => {
  it('believes the dump first, and lets the counters know', async () => {
    await scan({ ...APP, cgroup: ELSEWHERE })
    expect(locate(killOf({ dump: dumpOf(HERE, 500) }))).toEqual({ source: 'dump', cgroupPath: HERE })
    expect(explained).toEqual([HERE])
  })

  it('takes what /proc still has, where a process has moved since the scan', async () => {
    await scan(APP)
    proc = [{ ...APP, cgroup: ELSEWHERE }]
    expect(locate(killOf())).toEqual({ source: 'proc', cgroupPath: ELSEWHERE })
  })

  it('takes the last scan for one that is ending, which on cgroup v1 is in no cgroup, and for one that is gone', async () => {
    await scan(APP)
    proc = [ENDING]
    expect(locate(killOf())).toEqual({ source: 'cache', cgroupPath: HERE })
    proc = []
    expect(locate(killOf())).toEqual({ source: 'cache', cgroupPath: HERE })
  })

  it('does not take where a process has just started for where it is: a container’s starts at its runtime', async () => {
    await scan({ ...APP, cgroup: SERVICE })
    proc = []
    expect(locate(killOf())).toBeUndefined()
  })

  it('knows a process of the host that has been there for a while', async () => {
    await scan({ ...APP, cgroup: SERVICE })
    await scanAfter(6_000, { ...APP, cgroup: SERVICE })
    proc = []
    expect(locate(killOf())).toEqual({ source: 'cache', cgroupPath: SERVICE })
  })

  it('knows one that has made itself another program since the scan, as long as it is there', async () => {
    await scan({ ...APP, command: 'sh' })
    proc = [ENDING]
    expect(locate(killOf())).toEqual({ source: 'cache', cgroupPath: HERE })
    proc = []
    expect(locate(killOf())).toBeUndefined()
  })

  it('knows a process by the thread that the line names, when its leader has ended', async () => {
    await scan({ ...APP, isZombie: true, threads: [501] })
    proc = []
    expect(locate(killOf({ victim: { pid: 501, command: 'app' } }))).toEqual({ source: 'cache', cgroupPath: HERE })
  })

  it('names nobody by a pid that was given to another process', async () => {
    await scan()
    proc = [{ ...APP, command: 'other' }]
    expect(locate(killOf())).toBeUndefined()
  })

  it('names the one that had the pid, not the one that has it now', async () => {
    await scan(APP)
    proc = [{ ...APP, command: 'other', startTicks: 99_999, cgroup: ELSEWHERE }]
    expect(locate(killOf())).toEqual({ source: 'cache', cgroupPath: HERE })
  })

  it('names neither of two that call themselves the same and have the same pid', async () => {
    await scan(APP)
    proc = [{ ...APP, startTicks: 99_999, cgroup: ELSEWHERE }]
    expect(locate(killOf())).toBeUndefined()
  })

  it('names nobody by a process that was started after a kill from before the agent’s start', async () => {
    await scan({ ...APP, startTicks: 99_800 })
    expect(locate(killOf(), NOW_MS - 60_000)).toBeUndefined()
    await scan(APP)
    expect(locate(killOf(), NOW_MS - 60_000)).toEqual({ source: 'proc', cgroupPath: HERE })
  })

  it('takes the parent’s container for a process that no scan has seen', async () => {
    await scan({ ...APP, pid: 400 })
    proc.push({ ...ENDING, parentPid: 400 })
    expect(locate(killOf())).toEqual({ source: 'parent', cgroupPath: HERE })
  })

  it.each<[string, Partial<FakeProcess>]>([
    ['the host’s: a container’s first process has such a one', { cgroup: SERVICE }],
    ['younger: it has only the number', { startTicks: 60_000 }],
  ])('does not take a parent that is %s', async (_why, parent) => {
    await scan({ ...APP, pid: 400, ...parent })
    proc.push({ ...ENDING, parentPid: 400 })
    expect(locate(killOf())).toBeUndefined()
  })

  it('lets the counters know of a kill from before processes were watched too, but looks for no more of them', async () => {
    await scan(APP)
    const hot: string[] = []
    const changes = { onKill: (paths: readonly string[]) => void hot.push(...paths) }
    locate(killOf({ dump: dumpOf(HERE, 500) }), NOW_MS - 60_000, changes)
    expect({ explained, hot }).toEqual({ explained: [HERE], hot: [] })
    locate(killOf({ dump: dumpOf(HERE, 500) }), NOW_MS, changes)
    expect({ explained, hot }).toEqual({ explained: [HERE, HERE], hot: [HERE] })
  })

  it('takes what was seen of a process that was made right before it was killed', async () => {
    await scan()
    newborn.set(500, HERE)
    expect(locate(killOf())).toEqual({ source: 'cache', cgroupPath: HERE })
    expect(explained).toEqual([HERE])
    expect(locate(killOf(), NOW_MS, { seesKernelPids: false })).toBeUndefined()
  })

  it('waits for the counters while kills are on their way that may tell', async () => {
    await scan()
    const line: { cgroupPath: string | undefined; isOver: boolean } = { cgroupPath: undefined, isOver: false }
    const counters = { isNew: () => true, explain: () => {}, find: () => line, grown: [], hasUnexplained: () => true }
    const look = () => Object.assign(line, { cgroupPath: HERE, isOver: true })
    const search = locate(killOf(), NOW_MS, { counters: { ...counters, look } })
    if (!isSearch(search)) throw new Error('expected a search')
    expect([search.isOver, search.place]).toEqual([false, undefined])
    search.look()
    expect([search.isOver, search.place]).toEqual([true, { source: 'counter', cgroupPath: HERE }])
  })

  it('asks the counters last', async () => {
    await scan({ ...APP, pid: 400, cgroup: SERVICE })
    counted = ELSEWHERE
    expect(locate(killOf())).toEqual({ source: 'counter', cgroupPath: ELSEWHERE })
    expect(explained).toEqual([])
  })

  it('tells the cgroup of a group kill where nothing finer is known', async () => {
    await scan(APP)
    const groupCgroup = HERE
    expect(locate(killOf({ groupCgroup, victim: { pid: 7, command: 'x' } }))).toEqual({
      source: 'group',
      cgroupPath: HERE,
    })
  })

  it('does not give a group’s other victims the place of the first, which the dump is about', async () => {
    const pod = HERE.slice(0, HERE.lastIndexOf('/'))
    await scan({ ...APP, cgroup: ELSEWHERE })
    const ofFirst = { dump: dumpOf(HERE, 7), groupCgroup: pod }
    expect(locate(killOf(ofFirst))).toEqual({ source: 'proc', cgroupPath: ELSEWHERE })
    expect(locate(killOf({ ...ofFirst, victim: { pid: 7, command: 'app' } }))).toEqual({
      source: 'dump',
      cgroupPath: HERE,
    })
  })

  it('does not give a line the place of the group kill before it when its process is known to be elsewhere', async () => {
    await scan({ ...APP, cgroup: ELSEWHERE })
    expect(locate(killOf({ groupCgroup: HERE }))).toEqual({ source: 'proc', cgroupPath: ELSEWHERE })
    proc = []
    expect(locate(killOf({ groupCgroup: HERE }))).toEqual({ source: 'cache', cgroupPath: ELSEWHERE })
  })

  it('does not hold a path whose beginning is hidden against that of a group kill', async () => {
    await scan({ ...APP, cgroup: `/../..${HERE}` })
    expect(locate(killOf({ groupCgroup: HERE }))).toEqual({ source: 'group', cgroupPath: HERE })
  })

  it('does not take a line for the group’s whose cgroup has counted no kill more, unless the dump lists it', async () => {
    await scan()
    hasUnexplained = false
    counted = ELSEWHERE
    const line = { groupCgroup: HERE, victim: { pid: 900, command: 'x' } }
    expect(locate(killOf(line))).toEqual({ source: 'counter', cgroupPath: ELSEWHERE })
    const dump = {
      ...dumpOf(HERE, 7),
      tasks: [{ pid: 900, tgid: 900, uid: 0, command: 'x', rssPages: 1, totalVmPages: 1 }],
    }
    expect(locate(killOf({ ...line, dump }))).toEqual({ source: 'dump', cgroupPath: HERE })
  })

  it('goes by no pid where the kernel’s are not to be seen', async () => {
    await scan(APP)
    expect(locate(killOf(), NOW_MS, { seesKernelPids: false })).toBeUndefined()
  })
})
