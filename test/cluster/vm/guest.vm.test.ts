import { afterEach, describe, expect, it } from '@jest/globals'
import { createAssembler } from '#kernel/event/assembler.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import { parseKmsgRecord } from '#kernel/kmsg/record.ts'
import { bootGuest, type Guest } from './guest.ts'
import { KERNEL_SERIES } from './kernel.ts'
import { KILLS } from './kills/kills.ts'

const log = (line: string): void => console.log(line)
const SMALL = { memoryMib: 256, cgroup: 'v2' } as const

describe('a guest', () => {
  let guest: Guest | undefined

  afterEach(async () => {
    await guest?.dispose()
    guest = undefined
  })

  it.each(KERNEL_SERIES)(
    'of %s boots, exhausts its memory and sends its kernel’s records out',
    async (series) => {
      guest = await bootGuest(series, SMALL, log)
      await expect(guest.run('uname -r')).resolves.toBe(`${guest.kernelRelease}\n`)
      const script = KILLS.find(({ name }) => name === 'global')?.script ?? ''
      const outcomes: OomOutcome[] = []
      const assembler = createAssembler((outcome) => outcomes.push(outcome))
      for (const line of (await guest.recordKmsg(script)).split('\n')) {
        const record = parseKmsgRecord(line)
        if (record.failure === undefined) assembler.push(record)
      }
      expect(outcomes).toMatchObject([
        { outcome: 'killed', victim: { command: 'holder' }, dump: { kernelRelease: guest.kernelRelease } },
        { outcome: 'killed', victim: { command: 'tail' }, dump: { trigger: { command: 'tail' } } },
      ])
    },
    60_000,
  )

  it('tells of a script that fails what it said, and of its own end the console', async () => {
    guest = await bootGuest('6.1', SMALL, log)
    await expect(guest.run('cat /nowhere')).rejects.toThrow(/exited with 1: cat: can't open '\/nowhere'/)
    await expect(guest.run('echo c > /proc/sysrq-trigger')).rejects.toThrow(/qemu has ended[^]*Kernel panic/)
  }, 60_000)
})
