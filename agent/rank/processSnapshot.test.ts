import { describe, expect, it } from '@jest/globals'
import { fakeProc } from './fakeProc.testkit.ts'
import { ProcessSnapshot } from './processSnapshot.ts'

describe('ProcessSnapshot', () => {
  it('reads of processes elsewhere nothing but where they are, and each file once', () => {
    const files = fakeProc([
      { pid: 10, oomScore: 1, cgroup: '/a' },
      { pid: 11, oomScore: 1, cgroup: '/b' },
    ])
    const read: string[] = []
    const snapshot = new ProcessSnapshot(
      { ...files, readRecord: (path) => (read.push(path), files.readRecord(path)) },
      0,
    )
    for (let times = 0; times < 2; times++) expect(snapshot.tasksIn('/a').map(({ pid }) => pid)).toEqual([10])
    expect(read.filter((path) => path.startsWith('11/'))).toEqual(['11/cgroup'])
    expect(read.filter((path) => path === '10/status')).toHaveLength(1)
    expect(snapshot.tasksIn(undefined).map(({ pid }) => pid)).toEqual([10, 11])
  })
})
