import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../program/errors.ts'
import { numberFrom } from '../support/numberFrom.ts'
import { createInput } from './createInput.ts'
import { readFixtureLogs } from './fixtureLogs.ts'
import { runFuzz } from './runFuzz.ts'

const THREADS = 2
const HANG_AFTER_MS = 20_000
const DEFAULT_INPUTS = 1_000_000

const count = numberFrom('fuzz', 'FUZZ_INPUTS', DEFAULT_INPUTS)
const first = numberFrom('fuzz', 'FUZZ_SEED', 1)
const startedMs = performance.now()
const secondsSince = (): string => ((performance.now() - startedMs) / 1000).toFixed(0)

/** On a terminal one line that changes, elsewhere one for each tenth. */
let tenths = 0
function onProgress(done: number): void {
  const line = `${done} of ${count} inputs, ${secondsSince()} s`
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`)
  else if (Math.floor((done * 10) / count) > tenths) {
    tenths = Math.floor((done * 10) / count)
    console.log(line)
  }
}

try {
  const options = { seeds: { first, count }, threads: Math.min(THREADS, count), hangAfterMs: HANG_AFTER_MS, onProgress }
  const { events, slowestMs, slowestSeed, failed } = await runFuzz(options)
  if (process.stdout.isTTY) process.stdout.write(`\r${' '.repeat(60)}\r`)
  if (failed !== undefined) {
    const { seed, fault } = failed
    const file = join(tmpdir(), `oomkeeper-fuzz-${seed}.log`)
    writeFileSync(file, createInput(seed, readFixtureLogs()))
    console.log(`the input is in ${file}; FUZZ_SEED=${seed} FUZZ_INPUTS=1 make fuzz does it again`)
    console.log(`fuzz failed: seed ${seed}: ${fault}`)
    process.exit(1)
  }
  const slowest = `slowest ${slowestMs.toFixed(0)} ms (seed ${slowestSeed})`
  console.log(`fuzz ok: ${count} inputs, ${events} events, ${slowest}, ${secondsSince()} s`)
} catch (error) {
  console.log(`fuzz failed: ${messageOf(error)}`)
  process.exit(3)
}
