import { describe, expect, it } from '@jest/globals'
import type { OomTask } from '#kernel/dump/oomDump.ts'
import { groupProcesses } from './processGroups.ts'

function task(pid: number, command: string, fields: Partial<OomTask>): OomTask {
  return { pid, tgid: pid, uid: 0, totalVmPages: 1, rssPages: 0, command, ...fields }
}

describe('groupProcesses', () => {
  it('adds up what processes of one command hold, the largest first', () => {
    const groups = groupProcesses(
      [
        task(1, 'small', { rssPages: 1 }),
        task(2, 'big', { rssPages: 10, swapPages: 5, nrPtesPages: 2, nrPmdsPages: 1 }),
        task(3, 'big', { rssPages: 20, pgtablesBytes: 8192 }),
      ],
      4,
    )
    expect(groups).toEqual([
      {
        command: 'big',
        processes: 2,
        residentKib: 120,
        swapKib: 20,
        pageTablesKib: 20,
        heldKib: 160,
        largestHeldKib: 88,
      },
      { command: 'small', processes: 1, residentKib: 4, swapKib: 0, pageTablesKib: 0, heldKib: 4, largestHeldKib: 4 },
    ])
  })
})
