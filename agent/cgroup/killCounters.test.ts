import { beforeEach, describe, expect, it } from '@jest/globals'
import { CgroupKills, type CgroupTree } from './cgroupKills.ts'
import { FakeCgroups } from './fakeCgroups.testkit.ts'
import { KillCounters } from './killCounters.ts'
import type { CountedLine } from './killSpans.ts'

const [A, B] = ['/kubepods/pod1/a', '/kubepods/pod1/b']

let cgroups: FakeCgroups
let kernelKills: number | undefined
let accounted: number | undefined
let nowMs: number
let counters: KillCounters
let unexplained: unknown[]

/** The kernel kills in a cgroup: both counts grow before the line is read. */
function kill(path: string, kills = 1): void {
  if (kernelKills !== undefined) kernelKills += kills
  cgroups.setKills(path, cgroups.killsOf(path) + kills)
}

/** A line is read, whose cgroup is known. */
function explain(path: string): void {
  if (accounted !== undefined) accounted++
  counters.explain(path)
}

/** A line is read, whose cgroup is not known. */
function findLine(): CountedLine {
  if (accounted !== undefined) accounted++
  return counters.find()
}

/** @returns its cgroup, where that is known at once */
const find = () => findLine().cgroupPath

/** All that has no line by now is lost, or is never to have one. */
function settle(): void {
  accounted = kernelKills
  // Long enough for the next walk.
  nowMs += 1_000
  counters.settle()
  nowMs += 1_000
}

const countersOf = (files: CgroupTree) =>
  new KillCounters({
    cgroups: new CgroupKills({ files, monotonicMs: () => nowMs, cpuMs: () => nowMs / 20 }),
    readKernelKills: () => kernelKills,
    readAccountedKills: () => accounted,
    onUnexplained: (found) => unexplained.push(...found),
  })

beforeEach(() => {
  cgroups = new FakeCgroups()
  cgroups.setKills(A, 7)
  cgroups.setKills(B, 0)
  kernelKills = 100
  nowMs = 0
  unexplained = []
  counters = countersOf(cgroups)
  settle()
})

describe('KillCounters', () => {
  it('names the one cgroup whose count has grown', () => {
    kill(A)
    expect(find()).toBe(A)
    nowMs += 1_000
    kill(B)
    expect(find()).toBe(B)
  })

  it('names nobody before it is known how many lines are on their way', () => {
    counters = countersOf(cgroups)
    accounted = undefined
    counters.settle()
    kill(A)
    expect(find()).toBeUndefined()
    settle()
    kill(A)
    expect(find()).toBe(A)
  })

  it('does not take a line that was on its way when it looked for the one of a kill since', () => {
    counters = countersOf(cgroups)
    accounted = 98
    counters.settle()
    kill(A)
    expect(find()).toBeUndefined()
    explain(B)
    expect(find()).toBe(A)
  })

  it('keeps to what was explained while a line is on its way, however long that takes', () => {
    kill(A)
    nowMs += 60_000
    counters.settle()
    kill(B)
    explain(A)
    expect(find()).toBe(B)
  })

  it('names nobody after records were lost, until all is settled: what has grown may be theirs', () => {
    kill(A)
    counters.doubt()
    expect(find()).toBeUndefined()
    settle()
    kill(B)
    expect(find()).toBe(B)
  })

  it('names nobody after a line that was read before, until all is settled', () => {
    counters.doubt()
    explain(A)
    accounted = kernelKills
    kill(B)
    expect(find()).toBeUndefined()
    settle()
    kill(B)
    expect(find()).toBe(B)
  })

  it('names a cgroup that was made since', () => {
    kill('/kubepods/pod2/c')
    expect(find()).toBe('/kubepods/pod2/c')
  })

  it('names one for each of its kills, though all are counted before the first line is read', () => {
    kill(A, 3)
    const { lists } = cgroups
    expect(find()).toBe(A)
    const listsOfOne = cgroups.lists - lists
    explain(A)
    expect(find()).toBe(A)
    expect(cgroups.lists).toBe(lists + listsOfOne)
    nowMs += 1_000
    kill(B)
    expect(find()).toBe(B)
  })

  it('knows whether a cgroup, or one below it, has counted more than was named', () => {
    cgroups.setKills('/kubepods/pod1', 0)
    settle()
    expect(counters.hasUnexplained('/kubepods/pod1')).toBe(false)
    kill(A)
    expect(counters.hasUnexplained(A)).toBe(true)
    expect(counters.hasUnexplained('/kubepods/pod1')).toBe(true)
    expect(counters.hasUnexplained(B)).toBe(false)
    counters.explain(A)
    expect(counters.hasUnexplained(A)).toBe(false)
  })

  it('does not know what is unexplained after records were lost', () => {
    counters.doubt()
    expect(counters.hasUnexplained(A)).toBe(true)
  })

  it('takes kills into account that others have named', () => {
    kill(A)
    explain(A)
    kill(B)
    expect(find()).toBe(B)
  })

  it('names nobody where two have grown', () => {
    kill(A)
    kill(B)
    expect(find()).toBeUndefined()
  })

  it('names nobody where a kill is on its way whose cgroup is gone: the one that has grown may be the other’s', () => {
    kill(B)
    cgroups.remove(B)
    kill(A)
    expect(find()).toBeUndefined()
  })

  it('names nobody for the other line of the two either, and then goes on', () => {
    kill(A)
    kill(B)
    expect([find(), find()]).toEqual([undefined, undefined])
    counters.look()
    kill(A)
    expect(find()).toBe(A)
  })

  it('names a line when the other one is known, and not before', () => {
    kill(A)
    kill(B)
    const line = findLine()
    expect(line).toEqual({ cgroupPath: undefined, isOver: false })
    explain(B)
    expect(line).toEqual({ cgroupPath: A, isOver: true })
  })

  it('names a line when a cgroup that is gone is known to be the other one’s', () => {
    kill(A)
    kill(B)
    cgroups.remove(B)
    const line = findLine()
    explain(B)
    counters.look()
    expect(line.cgroupPath).toBe(A)
  })

  it('tells two apart that were looked at one after the other', () => {
    kill(A)
    counters.look()
    kill(B)
    counters.look()
    expect([find(), find()]).toEqual([A, B])
  })

  it('names nobody when it has read more lines than the kernel has counted, until all is settled', () => {
    explain(A)
    explain(A)
    kill(B)
    expect(find()).toBeUndefined()
    settle()
    kill(B)
    expect(find()).toBe(B)
  })

  it('does not take a kill for over and done with whose line is on its way', () => {
    kill(A)
    kill(B)
    expect(find()).toBeUndefined()
    counters.look()
    nowMs += 1_000
    kill(B)
    expect(find()).toBeUndefined()
  })

  it('names nobody after a kill without a line, until that is done with', () => {
    kernelKills = 101
    kill(A)
    expect(find()).toBeUndefined()
    counters.look()
    counters.settle()
    kill(A)
    expect(find()).toBeUndefined()
    settle()
    kill(A)
    expect(find()).toBe(A)
  })

  it('takes nothing for explained while it is killed: that may have been counted or not', () => {
    const listChildren = (path: string) => (kill(B), cgroups.listChildren(path))
    counters = countersOf({ readText: (path) => cgroups.readText(path), listChildren, readId: () => '70' })
    settle()
    kill(A)
    expect(find()).toBeUndefined()
  })

  it('names nobody by a cgroup that was removed and made again', () => {
    cgroups.setKills(A, 0)
    kill(A)
    expect(find()).toBeUndefined()
  })

  it('does not walk again right after it has, where kills were of late: they may come by the hundred', () => {
    kill(A)
    expect(find()).toBe(A)
    nowMs += 1_000
    kill(A, 2)
    expect(find()).toBe(A)
    const { lists } = cgroups
    expect(find()).toBe(A)
    kill(A)
    expect(find()).toBe(A)
    expect(cgroups.lists).toBe(lists)
  })

  it('does not look at anything while all kills are named by others', () => {
    const { lists } = cgroups
    for (let kills = 0; kills < 100; kills++) {
      kill(A)
      explain(A)
      nowMs += 1_000
      counters.settle()
    }
    expect(cgroups.lists).toBe(lists)
  })

  it('forgets cgroups that are gone, however many have come and gone', () => {
    for (let made = 0; made < 2_100; made++) {
      kill(`/kubepods/${made}`)
      explain(`/kubepods/${made}`)
      cgroups.remove(`/kubepods/${made}`)
    }
    settle()
    kill('/kubepods/new')
    expect(find()).toBe('/kubepods/new')
  })

  it('names nobody where there are too many cgroups to look at', () => {
    for (let at = 0; at < 6_000; at++) cgroups.setKills(`/many/${at}`, 0)
    counters = countersOf(cgroups)
    settle()
    kill(A)
    expect(find()).toBeUndefined()
  })

  it('names nobody where the kernel does not count', () => {
    kernelKills = undefined
    counters = countersOf(cgroups)
    settle()
    kill(A)
    expect(find()).toBeUndefined()
  })

  describe('of an agent that comes after another', () => {
    /** @param without where kills are that the first one had on no disk */
    function restart(without: (string | undefined)[] = []): void {
      const saved = counters.save(without)
      counters = countersOf(cgroups)
      if (saved !== undefined) counters.restore(saved)
    }

    it('names a kill from in between, and tells one of which the line is lost', () => {
      kill(A)
      explain(A)
      restart()
      kill(A)
      kill(B)
      explain(A)
      expect(find()).toBe(B)
      kill(B)
      settle()
      expect(unexplained).toEqual([{ cgroupPath: B, from: 1, to: 2 }])
    })

    it('takes a cgroup that was removed and made again for a new one', () => {
      const saved = counters.save([])
      cgroups.ids.set(A, '71')
      cgroups.setKills(A, 0)
      counters = countersOf(cgroups)
      if (saved !== undefined) counters.restore(saved)
      kill(A)
      settle()
      expect(unexplained).toEqual([{ cgroupPath: A, from: 0, to: 1 }])
    })

    it('explains again what the first one had on no disk', () => {
      kill(A)
      explain(A)
      kill(B)
      restart([A])
      explain(A)
      expect(find()).toBe(B)
    })

    it('keeps nothing where that is not known any more, or a line was on its way', () => {
      expect(counters.save([undefined])).toBeUndefined()
      expect(counters.save([B])).toBeUndefined()
      counters = countersOf(cgroups)
      accounted = 99
      counters.settle()
      expect(counters.save([])).toBeUndefined()
    })

    it('keeps that lines may be lost', () => {
      kill(A)
      explain(A)
      counters.doubt()
      expect(counters.save([])).toMatchObject({ isDoubtful: true, told: 101 })
      restart()
      kill(B)
      expect(find()).toBeUndefined()
    })

    it('keeps nothing while a line could not be named, as that may be about any of them', () => {
      kill(A)
      kill(B)
      find()
      counters.doubt()
      expect(counters.save([])).toBeUndefined()
    })

    it('knows which kills without a line it has told right before it ended', () => {
      kill(A, 2)
      restart()
      expect([8, 9].map((count) => counters.explainRecovered(A, count))).toEqual([true, true])
      settle()
      expect(unexplained).toEqual([])
      expect(counters.explainRecovered(A, 9)).toBe(false)
    })
  })

  it('tells of kills that had no line, by cgroup, once', () => {
    kill(A, 2)
    kill('/kubepods/pod2/c')
    settle()
    expect(unexplained).toHaveLength(2)
    expect(unexplained).toContainEqual({ cgroupPath: A, from: 7, to: 9 })
    expect(unexplained).toContainEqual({ cgroupPath: '/kubepods/pod2/c', from: 0, to: 1 })
    settle()
    expect(unexplained).toHaveLength(2)
  })

  it('tells of none while a line is on its way', () => {
    kill(A)
    kill(B)
    find()
    nowMs += 1_000
    counters.settle()
    expect(unexplained).toEqual([])
  })

  it('tells of none that a line was for', () => {
    kill(A)
    explain(A)
    kill(B)
    find()
    settle()
    expect(unexplained).toEqual([])
  })

  it('tells of none while lines that could not be named are among what has grown', () => {
    kill(A)
    kill(B)
    find()
    settle()
    expect(unexplained).toEqual([])
  })
})
