import { expect, it } from '@jest/globals'
import { RecentCgroups } from './recentCgroups.ts'

it('keeps the 64 cgroups of the latest kills, the latest last', () => {
  const recent = new RecentCgroups()
  recent.add(['/a'], 0)
  for (let at = 0; at < 63; at++) recent.add([`/${at}`], 1)
  recent.add(['/a'], 2)
  recent.add(['/new'], 3)
  expect(recent.size).toBe(64)
  expect([...recent.paths].slice(-2)).toEqual(['/a', '/new'])
  expect([...recent.paths]).not.toContain('/0')
})

it('forgets where nothing was killed for long, and what is gone', () => {
  const recent = new RecentCgroups()
  recent.add(['/a'], 0)
  recent.add(['/b', '/c'], 10)
  recent.forgetBefore(10)
  recent.delete('/c')
  expect([...recent.paths]).toEqual(['/b'])
})
