import { describe, expect, it } from '@jest/globals'
import { planProcessEnds, planUnmounts } from './takeDownPlan.ts'

describe('planProcessEnds', () => {
  it('ends who is in the cgroups and who is recorded and alive, each once', () => {
    expect(
      planProcessEnds(
        [30, 10],
        [
          { pid: 10, startTicks: 1 },
          { pid: 20, startTicks: 2 },
        ],
        5,
      ),
    ).toEqual([10, 20, 30])
  })

  it('never ends itself, init or a process group', () => {
    expect(planProcessEnds([0, 1, 5, 7], [], 5)).toEqual([7])
  })

  it('has nothing to do when nothing is left', () => {
    expect(planProcessEnds([], [], 5)).toEqual([])
  })
})

describe('planUnmounts', () => {
  const line = (point: string): string => `36 25 0:31 / ${point} rw,relatime shared:1 - tmpfs tmpfs rw`

  it('finds the mounts below a folder, the deepest first', () => {
    const mountinfo = ['/', '/state', '/state/a', '/state/a/b', '/statement', '/run'].map(line).join('\n')
    expect(planUnmounts(mountinfo, '/state')).toEqual(['/state/a/b', '/state/a', '/state'])
  })

  it('reads blanks in a mount point', () => {
    expect(planUnmounts(line(String.raw`/state/a\040b`), '/state')).toEqual(['/state/a b'])
  })
})
