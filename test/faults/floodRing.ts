import { writeFileSync } from 'node:fs'
import { oldestSequence } from '../support/kernelLog.ts'
import type { Witness } from './witness.ts'

/** Few enough that a second reader keeps up. */
const BATCH = 64
/** printk.c cuts a line that is longer than 1 KiB. */
const TEXT = 'oomkeeper faults: overwrites the ring '.padEnd(900, '.')

/**
 * Writes to the kernel's log until every record that it has now is overwritten. Each line with a descriptor of its own,
 * since printk.devkmsg allows one few lines; as debug messages, which no console prints.
 */
export function floodRing(witness: Witness): void {
  const end = witness.next
  while (oldestSequence() < end) {
    for (let line = 0; line < BATCH; line++) writeFileSync('/dev/kmsg', `<15>${TEXT}\n`)
    witness.look()
  }
}
