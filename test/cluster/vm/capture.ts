import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorMessage } from '../process/wait.ts'
import { bootGuest } from './guest.ts'
import { KERNEL_SERIES, type KernelSeries } from './kernel.ts'
import type { Kill } from './kills/kill.ts'
import { ensureGuestFiles } from './requirements.ts'
import { KILLS } from './kills/kills.ts'

/**
 * `make captures`: real kills in virtual machines, one each, as test/fixtures has them. With words, only those
 * whose file name holds one. The numbers differ from run to run, and with them what the tests of kernel/ expect.
 */
const FIXTURES = resolve(import.meta.dirname, '../../fixtures')
const log = (line: string): void => console.log(line)
const elapsed = (startedMs: number): string => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`

async function capture(series: KernelSeries, kill: Kill, file: string): Promise<void> {
  const startedMs = performance.now()
  const guest = await bootGuest(series, kill.machine, log)
  const booted = elapsed(startedMs)
  try {
    const records = await (kill.panics === true ? guest.recordPanic(kill.script) : guest.recordKmsg(kill.script))
    writeFileSync(resolve(FIXTURES, file), records)
    log(
      `${file}: ${Buffer.byteLength(records)} bytes of ${guest.kernelRelease}, booted in ${booted}, ${elapsed(startedMs)} in all`,
    )
  } finally {
    await guest.dispose()
  }
}

const words = process.argv.slice(2)
const startedMs = performance.now()
let made = 0
try {
  for (const series of KERNEL_SERIES) {
    await ensureGuestFiles(series, log)
    for (const kill of KILLS) {
      const file = kill.panics === true ? `dumps/${series}-${kill.name}.log` : `kmsg/${series}-${kill.name}.kmsg`
      if (kill.series?.includes(series) === false) continue
      if (words.length > 0 && !words.some((word) => file.includes(word))) continue
      await capture(series, kill, file)
      made++
    }
  }
  log(`captures ok: ${made} made in ${elapsed(startedMs)}`)
} catch (error) {
  console.error(`captures failed: ${errorMessage(error)}`)
  process.exitCode = 3
}
