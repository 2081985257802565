import { describe, expect, it } from '@jest/globals'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import { GroupVictims } from './groupVictims.ts'
import type { OomVictim } from './oomEvent.ts'

const victim = (pid: number, changes: Partial<OomVictim> = {}): OomVictim => ({
  pid,
  command: `c${pid}`,
  totalVmKib: 900,
  anonRssKib: 70,
  fileRssKib: 0,
  shmemRssKib: 3,
  ...changes,
})
const task = (pid: number) => ({ pid, tgid: pid, uid: 0, totalVmPages: 9, rssPages: 1, command: 'x' })
const dump = (...pids: number[]): OomDump => ({ cgroup: {}, memoryLines: [], slabLines: [], tasks: pids.map(task) })

/** Whether the last of some kill lines names a victim again. */
function isTold(told: readonly OomVictim[], next: OomVictim, table: OomDump | undefined): boolean {
  const group = new GroupVictims()
  for (const one of told) group.add(one)
  return group.find(next, table) !== undefined
}

describe('GroupVictims', () => {
  it('knows the first victim again by its pid, and by the same memory under a thread’s pid', () => {
    expect(isTold([victim(10)], victim(10, { anonRssKib: 1 }), undefined)).toBe(true)
    expect(isTold([victim(10)], victim(17), dump(10, 11))).toBe(true)
    expect(isTold([victim(10)], victim(17, { anonRssKib: 72 }), dump(10, 11))).toBe(true)
  })

  it('knows another one than the first in the same ways: its first thread may end before the rest', () => {
    // 6.12: child-b 2156, hog 2114, hog 2148, exe 2162, of two processes.
    const child = { totalVmKib: 1_432_144, anonRssKib: 45_988, fileRssKib: 1_636, shmemRssKib: 0 }
    const parent = { totalVmKib: 1_227_344, anonRssKib: 2_204, fileRssKib: 1_636, shmemRssKib: 0 }
    const told = [victim(2156, child), victim(2114, parent)]
    const table = dump(2114, 2156)
    expect(isTold(told, victim(2114, parent), table)).toBe(true)
    expect(isTold(told, victim(2148, parent), table)).toBe(true)
    expect(isTold(told, victim(2162, child), table)).toBe(true)
    expect(isTold(told, victim(2148, { ...parent, anonRssKib: 40_000 }), table)).toBe(false)
  })

  it.each([
    ['is in the table', victim(11), dump(10, 11)],
    ['has other memory', victim(17, { totalVmKib: 901 }), dump(10, 11)],
    ['has much more of it', victim(17, { anonRssKib: 79 }), dump(10, 11)],
    ['comes without a table', victim(17), dump()],
    ['comes without a dump', victim(17), undefined],
  ])('takes a victim for another one that %s', (_what, next, table) => {
    expect(isTold([victim(10)], next, table)).toBe(false)
  })

  it('takes lines without figures for two victims', () => {
    const bare = (pid: number): OomVictim => ({ pid, command: 'x' })
    expect(isTold([bare(10)], bare(17), dump(10))).toBe(false)
  })
})
