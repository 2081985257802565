import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'

/**
 * The wall clock of a kmsg time stamp, in ms. printk's clock is none that user space can read, so it is calibrated:
 * a line of our own goes into the kernel's log between two looks at the wall clock.
 */
export function calibratePrintkClock(): (monotonicUsec: number) => number {
  const marker = `oomkeeper bench ${process.pid} ${Date.now()}`
  const log = openSync('/dev/kmsg', constants.O_WRONLY)
  const beforeMs = wallMs()
  // Without the newline the record stays open for a continuation, and no reader sees it.
  writeSync(log, `${marker}\n`)
  const afterMs = wallMs()
  closeSync(log)
  const offsetMs = (beforeMs + afterMs) / 2 - stampOf(marker) / 1000
  return (monotonicUsec) => monotonicUsec / 1000 + offsetMs
}

/** With a fraction of a millisecond, unlike Date.now. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

function stampOf(marker: string): number {
  const log = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK)
  const buffer = Buffer.alloc(8192)
  try {
    for (;;) {
      const record = buffer.toString('utf8', 0, readSync(log, buffer))
      if (record.includes(marker)) return Number(record.split(',')[2])
    }
  } finally {
    closeSync(log)
  }
}
