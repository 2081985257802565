import { describe, expect, it } from '@jest/globals'
import { parseOomKillCount } from './vmstat.ts'

describe('parseOomKillCount', () => {
  it('finds the counter among its neighbours', () => {
    expect(parseOomKillCount('drop_slab 0\noom_kill 417\nnuma_pte_updates 12\n')).toBe(417)
  })

  it.each(['', 'oom_kill_other 3\n', 'xoom_kill 3\n', 'oom_kill -1\n', 'oom_kill \n'])('has none in %j', (text) => {
    expect(parseOomKillCount(text)).toBeUndefined()
  })
})
