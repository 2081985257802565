import { describe, expect, it } from '@jest/globals'
import { formatRankTable } from './rankTable.ts'
import type { ShownTask } from './shownRanking.ts'

const worker: ShownTask = {
  pid: 18127,
  command: 'a\x1b[2J',
  uid: 1000,
  owner: 'alice',
  oomScore: 1333,
  oomScoreAdj: 998,
  badnessPages: 32_197,
  rssKib: 64_716,
  anonRssKib: 60_000,
  fileRssKib: 4700,
  shmemRssKib: 16,
  swapKib: 2048,
  pgtablesKib: 160,
  freesKib: 62_208,
  cgroupPath: '/user.slice',
}
const leaderless: ShownTask = { pid: 7, command: 'app', uid: 0, oomScore: 666, oomScoreAdj: 0 }

function tableOf(candidates: readonly ShownTask[], isWide = false, totalKib: number | undefined = 1_048_576): string[] {
  return formatRankTable({ scannedAt: '', processCount: 2, domain: { totalKib }, candidates }, isWide)
}

describe('formatRankTable', () => {
  it('lines up, and shows what a terminal would act on', () => {
    expect(tableOf([worker, leaderless])).toEqual([
      'OOM_SCORE   ADJ   BADNESS   RSS      SWAP   FREES   PID     OWNER   COMMAND',
      '1333        998   32197     63.2Mi   2Mi    5.9%    18127   alice   a\\x1b[2J',
      '666         0     -         -        -      -       7       0       app',
    ])
  })

  it('has columns for pods where there are any, with container ids shortened', () => {
    const inPod = { ...leaderless, command: 'app', podUid: 'u-1', containerId: 'ab'.repeat(32) }
    const named = { ...inPod, namespace: 'shop', podName: 'web-1', containerName: 'app' }
    const columns = tableOf([inPod, named, worker]).map((line) => line.split(/ {3,}/).slice(-3))
    expect(columns).toEqual([
      ['COMMAND', 'POD', 'CONTAINER'],
      ['app', 'u-1', 'abababababab'],
      ['app', 'shop/web-1', 'app'],
      ['a\\x1b[2J', '-', '-'],
    ])
  })

  it('keeps pod and container in 80 columns', () => {
    const inPod = { ...worker, namespace: 'shop', podName: 'checkout-88c78c946-s567k', containerName: 'app' }
    const ranking = { scannedAt: '', processCount: 1, domain: { totalKib: 1_048_576 }, candidates: [inPod] }
    const [head = '', row = ''] = formatRankTable(ranking, false, 79)
    expect(head.split(/ +/)).toEqual(['RSS', 'PID', 'COMMAND', 'POD', 'CONTAINER'])
    expect(row).toMatch(/shop\/checkout-88c78c946-s567k {3}app$/)
  })

  it('shows kinds of memory, page tables and cgroup where all is asked for', () => {
    const [head, row] = tableOf([worker], true)
    expect(head?.split(/ +/)).toEqual(
      'OOM_SCORE ADJ BADNESS RSS ANON FILE SHMEM SWAP TABLES FREES PID OWNER COMMAND CGROUP'.split(' '),
    )
    expect(row).toMatch(/ 58\.6Mi +4\.6Mi +16Ki +2Mi +160Ki +5\.9% .* \/user\.slice$/)
  })

  it('never shows something as nothing, nor a share of what is not told', () => {
    expect(tableOf([{ ...worker, freesKib: 1 }])[1]).toContain(' <0.1% ')
    expect(tableOf([{ ...worker, freesKib: 0 }])[1]).toContain(' 0.0% ')
    expect(formatRankTable({ scannedAt: '', processCount: 1, candidates: [worker] }, false)[1]).toMatch(
      / 2Mi +- +18127/,
    )
  })

  it('lines up by the columns of a terminal', () => {
    const lines = tableOf([{ ...worker, owner: '名前' }, worker])
    expect(lines[1]).toMatch(/名前 {4}a/)
    expect(lines[2]).toMatch(/alice {3}a/)
  })

  it('shows a command line, cut and printable, where there is one', () => {
    const [head, row] = tableOf([{ ...worker, commandLine: `sh -c \x07${'x'.repeat(500)}` }])
    expect(head).toMatch(/COMMAND_LINE$/)
    expect(row).toMatch(/ sh -c \\x07x{153}$/)
  })
})
