import { writeFileSync } from 'node:fs'
import { oldestSequence } from './kernelLog.ts'

/** Few enough that another reader keeps up. */
const BATCH = 64
/** printk.c cuts a line that is longer than 1 KiB. */
const TEXT = 'oomkeeper tests: overwrites the ring '.padEnd(900, '.')

/**
 * Writes to the kernel's log until every record before a sequence is overwritten. Each line with a descriptor of its own,
 * since printk.devkmsg allows one few lines; as debug messages, which no console prints.
 */
export function floodRing(end: number, afterBatch: () => void = () => undefined): void {
  while (oldestSequence() < end) {
    for (let line = 0; line < BATCH; line++) writeFileSync('/dev/kmsg', `<15>${TEXT}\n`)
    afterBatch()
  }
}
