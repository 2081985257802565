import { beforeEach, describe, expect, it } from '@jest/globals'
import { FakeCgroups } from './fakeCgroups.testkit.ts'
import { KillCounters } from './killCounters.ts'

const [A, B] = ['/kubepods/pod1/a', '/kubepods/pod1/b']

let cgroups: FakeCgroups
let kernelKills: number
let nowMs: number
let cpuMs = 0
let counters: KillCounters
let unexplained: unknown[]

/** The kernel kills in a cgroup: both counts grow before the line is read. */
function kill(path: string, kills = 1): void {
  kernelKills += kills
  setCount(path, countOf(path) + kills)
}

const countOf = (path: string) => Number(/\d+/.exec(cgroups.readText(`${path}/memory.oom_control`) ?? '0')?.[0])
const setCount = (path: string, count: number) => cgroups.texts.set(`${path}/memory.oom_control`, `oom_kill ${count}\n`)

/** Long enough for the next walk. */
function later(ms = 1_000): void {
  nowMs += ms
}

beforeEach(() => {
  cgroups = new FakeCgroups()
  setCount(A, 7)
  setCount(B, 0)
  kernelKills = 100
  nowMs = 0
  unexplained = []
  counters = new KillCounters({
    files: cgroups,
    readKernelKills: () => kernelKills,
    onUnexplained: (found) => unexplained.push(...found),
    monotonicMs: () => nowMs,
    cpuMs: () => (cpuMs += 0.1),
  })
  counters.settle()
  later()
})

describe('KillCounters', () => {
  it('names the one cgroup whose count has grown', () => {
    kill(A)
    expect(counters.find()).toBe(A)
    later()
    kill(B)
    expect(counters.find()).toBe(B)
  })

  it('does not take the line of a kill that was there at the first look for the one that came since', () => {
    expect(counters.isNew(-200)).toBe(false)
    kill(A)
    expect(counters.isNew(500)).toBe(true)
    expect(counters.find()).toBe(A)
  })

  it('names nobody when it is not sure whether a kill was there at the first look, until it looks again', () => {
    counters.isNew(5)
    kill(A)
    expect(counters.find()).toBeUndefined()
    later(10_000)
    counters.settle()
    later()
    kill(B)
    expect(counters.find()).toBe(B)
  })

  it('names nobody after records were lost, until it has looked again: what has grown may be theirs', () => {
    kill(A)
    counters.recordsLost()
    expect(counters.find()).toBeUndefined()
    later(10_000)
    counters.settle()
    later()
    kill(B)
    expect(counters.find()).toBe(B)
  })

  it('names a cgroup that was made since', () => {
    kill('/kubepods/pod2/c')
    expect(counters.find()).toBe('/kubepods/pod2/c')
  })

  it('names one for each of its kills, though all are counted before the first line is read', () => {
    kill(A, 3)
    const { lists } = cgroups
    expect(counters.find()).toBe(A)
    const listsOfOne = cgroups.lists - lists
    counters.explain(A)
    expect(counters.find()).toBe(A)
    expect(cgroups.lists).toBe(lists + listsOfOne)
    later()
    kill(B)
    expect(counters.find()).toBe(B)
  })

  it('knows whether a cgroup, or one below it, has counted more than was named', () => {
    setCount('/kubepods/pod1', 0)
    expect(counters.hasUnexplained('/kubepods/pod1')).toBe(false)
    kill(A)
    expect(counters.hasUnexplained(A)).toBe(true)
    expect(counters.hasUnexplained('/kubepods/pod1')).toBe(true)
    expect(counters.hasUnexplained(B)).toBe(false)
    counters.explain(A)
    expect(counters.hasUnexplained(A)).toBe(false)
  })

  it('does not know what is unexplained after records were lost', () => {
    counters.recordsLost()
    expect(counters.hasUnexplained(A)).toBe(true)
  })

  it('takes kills into account that others have named', () => {
    kill(A)
    counters.explain(A)
    kill(B)
    expect(counters.find()).toBe(B)
  })

  it('names nobody where two have grown', () => {
    kill(A)
    kill(B)
    expect(counters.find()).toBeUndefined()
  })

  it('names nobody where a kill is on its way whose cgroup is gone: the one that has grown may be the other’s', () => {
    kill(B)
    cgroups.remove(B)
    kill(A)
    expect(counters.find()).toBeUndefined()
  })

  it('names nobody for the other line of the two either, and then goes on', () => {
    kill(A)
    kill(B)
    expect([counters.find(), counters.find()]).toEqual([undefined, undefined])
    counters.catchUp()
    kill(A)
    expect(counters.find()).toBe(A)
  })

  it('does not take a kill for over and done with whose line is on its way', () => {
    kill(A)
    kill(B)
    expect(counters.find()).toBeUndefined()
    counters.catchUp()
    later()
    kill(B)
    expect(counters.find()).toBeUndefined()
  })

  it('names nobody after a kill without a line, until there was quiet and all was looked at again', () => {
    kernelKills++
    kill(A)
    expect(counters.find()).toBeUndefined()
    counters.catchUp()
    later(1_900)
    counters.settle()
    kill(A)
    expect(counters.find()).toBeUndefined()
    later(2_100)
    counters.settle()
    later()
    kill(A)
    expect(counters.find()).toBe(A)
  })

  it('does not take for told what is killed while it looks', () => {
    const reading = new KillCounters({
      files: {
        readText: (path) => cgroups.readText(path),
        listChildren: (path) => (kill(B), cgroups.listChildren(path)),
      },
      readKernelKills: () => kernelKills,
      monotonicMs: () => nowMs,
      cpuMs: () => (cpuMs += 0.1),
    })
    reading.settle()
    later()
    kill(A)
    expect(reading.find()).toBeUndefined()
  })

  it('names nobody by a cgroup that was removed and made again', () => {
    setCount(A, 0)
    kill(A)
    expect(counters.find()).toBeUndefined()
  })

  it('does not walk again right after it has, where kills were of late: they may come by the hundred', () => {
    kill(A)
    expect(counters.find()).toBe(A)
    const { lists } = cgroups
    kill(A)
    expect(counters.find()).toBe(A)
    expect(cgroups.lists).toBe(lists)
    kill(B)
    expect(counters.find()).toBeUndefined()
    expect(cgroups.lists).toBe(lists)
  })

  it('does not look at anything while all kills are named by others', () => {
    const { lists } = cgroups
    for (let kills = 0; kills < 100; kills++) {
      kill(A)
      counters.explain(A)
      counters.settle()
    }
    expect(cgroups.lists).toBe(lists)
  })

  it('names nobody where there are too many cgroups to look at', () => {
    for (let at = 0; at < 6_000; at++) setCount(`/many/${at}`, 0)
    const many = new KillCounters({
      files: cgroups,
      readKernelKills: () => kernelKills,
      monotonicMs: () => 1e6,
      cpuMs: () => 0,
    })
    many.settle()
    kill(A)
    expect(many.find()).toBeUndefined()
  })

  it('names nobody where the kernel does not count', () => {
    const blind = new KillCounters({
      files: cgroups,
      readKernelKills: () => undefined,
      monotonicMs: () => 0,
      cpuMs: () => 0,
    })
    blind.settle()
    kill(A)
    expect(blind.find()).toBeUndefined()
  })

  it('tells of kills that had no line, by cgroup, once', () => {
    kill(A, 2)
    kill('/kubepods/pod2/c')
    later(10_000)
    counters.settle()
    expect(unexplained).toHaveLength(2)
    expect(unexplained).toContainEqual({ cgroupPath: A, from: 7, to: 9 })
    expect(unexplained).toContainEqual({ cgroupPath: '/kubepods/pod2/c', from: 0, to: 1 })
    later(10_000)
    counters.settle()
    expect(unexplained).toHaveLength(2)
  })

  it('tells of none that a line was for', () => {
    kill(A)
    counters.explain(A)
    kill(B)
    counters.find()
    later(10_000)
    counters.settle()
    expect(unexplained).toEqual([])
  })
})
