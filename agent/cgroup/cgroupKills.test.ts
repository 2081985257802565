import { beforeEach, describe, expect, it } from '@jest/globals'
import { CgroupKills } from './cgroupKills.ts'
import { FakeCgroups } from './fakeCgroups.testkit.ts'

const [A, B] = ['/kubepods/pod1/a', '/kubepods/pod1/b']

let tree: FakeCgroups
let nowMs: number
let cpuMs: number
let cgroups: CgroupKills

beforeEach(() => {
  tree = new FakeCgroups()
  tree.setKills(A, 7)
  tree.setKills(B, 0)
  nowMs = 0
  cpuMs = 0
  cgroups = new CgroupKills({ files: tree, monotonicMs: () => nowMs, cpuMs: () => (cpuMs += 1) })
})

describe('CgroupKills', () => {
  it('reads what every cgroup has counted, in no more than a twentieth of the time', () => {
    expect(cgroups.walk()).toEqual(
      new Map([
        [B, 0],
        [A, 7],
      ]),
    )
    nowMs = 19
    expect(cgroups.mayWalk).toBe(false)
    nowMs = 20
    expect(cgroups.mayWalk).toBe(true)
  })

  it('looks only where kills were of late in between, and forgets what is gone', () => {
    cgroups.remember([A, B])
    tree.remove(A)
    expect(cgroups.readRecent()).toEqual(new Map([[B, 0]]))
    expect(tree.lists).toBe(0)
  })

  it('looks at no more than 2,000, and then not again for ten minutes', () => {
    for (let at = 0; at < 2_000; at++) tree.setKills(`/many/${at}`, 0)
    expect(cgroups.walk()).toBeUndefined()
    nowMs = 599_999
    expect(cgroups.mayWalk).toBe(false)
  })
})
