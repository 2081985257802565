import { describe, expect, it } from '@jest/globals'
import type { OomDump } from '#kernel/dump/oomDump.ts'
import type { OomKill, OomNoKill } from '#kernel/event/oomEvent.ts'
import { FakeCgroups } from '../cgroup/fakeCgroups.testkit.ts'
import { groupInLog, groupReader } from './groupKill.ts'

const POD = '/kubepods/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const CONTAINER = `${POD}/${'ab'.repeat(32)}`
const place = { source: 'dump', cgroupPath: `${CONTAINER}/x` } as const

const line = { sequence: 9, monotonicUsec: 5, eventSequence: 9, rawLines: [] }
const kill: OomKill = { ...line, outcome: 'killed', victim: { pid: 7, command: 'app' } }
const dumpOf = (oom: string | undefined): OomDump => ({ cgroup: { oom }, tasks: [], memoryLines: [] })

const read = groupReader(
  new FakeCgroups({
    [`${CONTAINER}/memory.oom.group`]: '1\n',
    [`${CONTAINER}/x/memory.oom.group`]: '0\n',
    [`${POD}/memory.oom.group`]: '0\n',
    '/kubepods/memory.oom.group': '1\n',
  }),
)

describe('groupReader', () => {
  it('believes the kernel’s line, also of a recording', () => {
    const member = { ...kill, groupCgroup: '/a' }
    expect(read(member, place)).toEqual({ cgroupPath: '/a', source: 'line' })
    expect(groupInLog(member, undefined)).toEqual({ cgroupPath: '/a', source: 'line' })
  })

  it('reads for the first victim what is set up to the limit: the highest counts', () => {
    const ofContainer = { cgroupPath: CONTAINER, source: 'setting' }
    expect(read({ ...kill, dump: dumpOf(CONTAINER) }, place)).toEqual(ofContainer)
    expect(read({ ...kill, dump: dumpOf(POD) }, place)).toEqual(ofContainer)
    expect(read({ ...kill, dump: dumpOf(undefined) }, place)).toEqual({ cgroupPath: '/kubepods', source: 'setting' })
  })

  it('looks no higher than the container where the limit is not told', () => {
    expect(read(kill, place)).toEqual({ cgroupPath: CONTAINER, source: 'setting' })
  })

  it('says nothing of a kill of one, of nobody, and of a place that is not known', () => {
    expect(read({ ...kill, dump: dumpOf(`${CONTAINER}/x`) }, place)).toBeUndefined()
    expect(read(kill, undefined)).toBeUndefined()
    expect(read({ ...line, outcome: 'panic' } satisfies OomNoKill, place)).toBeUndefined()
    expect(groupInLog(kill, place)).toBeUndefined()
  })
})
