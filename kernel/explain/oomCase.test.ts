import { describe, expect, it } from '@jest/globals'
import { announce, header, kill, row, TABLE } from '#kernel/event/assembler.testkit.ts'
import { eventsOf } from '#kernel/event/logEvents.testkit.ts'
import { caseOfEvent } from './oomCase.ts'

const log = (...lines: string[]) => lines.map((line, at) => `[  ${at + 1}.000000] ${line}`).join('\n')

describe('caseOfEvent', () => {
  it('takes what the log says of the kernel elsewhere for what the dump lacks', () => {
    const boot = 'Linux version 5.14.0-70.el9.x86_64 (builder@example) (gcc 11.2) #1 SMP'
    const dump = [header('app'), TABLE, row(7), announce(7), kill(7)]
    const [known] = eventsOf(log(boot, ...dump)).map(caseOfEvent)
    expect(known?.dump?.kernelRelease).toMatch(/^5\.14\.0-70/)
    const own = [header('app'), 'CPU: 0 UID: 0 PID: 7 Comm: app Not tainted 6.12.0 #1', ...dump.slice(1)]
    expect(eventsOf(log(boot, ...own)).map(caseOfEvent)[0]?.dump?.kernelRelease).toBe('6.12.0')
  })

  it('has no dump where the log has a kill line only', () => {
    expect(eventsOf(log(kill(7))).map(caseOfEvent)).toMatchObject([{ dump: undefined, victims: [{ pid: 7 }] }])
  })
})
