import { describe, expect, it } from '@jest/globals'
import { formatRankTable } from './rankTable.ts'

describe('formatRankTable', () => {
  it('lines up, shortens container ids, and shows what a terminal would act on', () => {
    const table = formatRankTable([
      { oomScore: 1333, oomScoreAdj: 998, rssKib: 64_716, pid: 18127, command: 'a\x1b[2J', podUid: 'u-1' },
      {
        oomScore: 666,
        oomScoreAdj: 0,
        pid: 7,
        command: 'app',
        namespace: 'shop',
        podName: 'web-1',
        containerId: 'ab'.repeat(32),
      },
    ])
    expect(table.split('\n')).toEqual([
      'OOM_SCORE   ADJ   RSS      PID     COMMAND    POD          CONTAINER',
      '1333        998   63.2Mi   18127   a\\x1b[2J   u-1          -',
      '666         0     -        7       app        shop/web-1   abababababab',
    ])
  })
})
