import { beforeEach, describe, expect, it } from '@jest/globals'
import { fakeProc, type FakeProcess } from '../rank/fakeProc.testkit.ts'
import { NewbornProcesses, parseLastPid } from './newbornProcesses.ts'

const CONTAINER = `/kubepods/burstable/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60/${'a'.repeat(64)}`
const RUNTIME = '/system.slice/containerd.service'

let lastPid: number
let processes: FakeProcess[]
let nowMs: number
let newborn: NewbornProcesses

function fork(pid: number, cgroup: string): void {
  lastPid = pid
  processes.push({ pid, oomScore: 700, cgroup })
}

beforeEach(() => {
  lastPid = 400
  processes = []
  nowMs = 10_000
  newborn = new NewbornProcesses({
    files: {
      ...fakeProc([]),
      readRecord: (path) => fakeProc(processes).readRecord(path),
      readText: (path) => (path === 'loadavg' ? `0.20 0.18 0.12 1/80 ${lastPid}\n` : undefined),
    },
    intern: (path) => path,
    monotonicMs: () => nowMs,
  })
  newborn.look()
})

describe('NewbornProcesses', () => {
  it('knows the container of a process that was made since the last look', () => {
    fork(401, CONTAINER)
    fork(402, CONTAINER)
    newborn.look()
    processes = []
    expect([newborn.find(401, nowMs + 30), newborn.find(402, nowMs + 30)]).toEqual([CONTAINER, CONTAINER])
  })

  it('looks again at one that starts where its runtime is, until it is moved', () => {
    fork(401, RUNTIME)
    newborn.look()
    expect(newborn.find(401, nowMs)).toBeUndefined()
    processes = [{ pid: 401, oomScore: 700, cgroup: CONTAINER }]
    newborn.look()
    expect(newborn.find(401, nowMs)).toBe(CONTAINER)
  })

  it('knows nothing of one that is ending, which on cgroup v1 is in no cgroup', () => {
    fork(401, '/')
    newborn.look()
    expect(newborn.find(401, nowMs)).toBeUndefined()
  })

  it('believes it for 2 s: later the pid may be another’s', () => {
    fork(401, CONTAINER)
    newborn.look()
    expect(newborn.find(401, nowMs + 2_001)).toBeUndefined()
    expect(newborn.find(401, nowMs - 2_001)).toBeUndefined()
  })

  it('reads one file when none was made, and 17 at most when thousands were', () => {
    expect(newborn.look()).toBe(1)
    for (let pid = 401; pid < 5_000; pid++) fork(pid, CONTAINER)
    expect(newborn.look()).toBe(17)
    expect(newborn.find(4_999, nowMs)).toBe(CONTAINER)
  })

  it('waits for the next when pids begin anew', () => {
    fork(300, CONTAINER)
    expect(newborn.look()).toBe(1)
    fork(301, CONTAINER)
    newborn.look()
    expect(newborn.find(301, nowMs)).toBe(CONTAINER)
  })

  it.each([
    ['0.00 0.01 0.05 1/123 4567\n', 4567],
    ['', undefined],
    ['0.00 0.01 0.05 1/123 x\n', undefined],
  ])('reads the last pid of %j', (text, pid) => {
    expect(parseLastPid(text)).toBe(pid)
  })
})
