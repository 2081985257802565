import { parentPort, workerData } from 'node:worker_threads'
import type { Analyser } from './analyseBytes.ts'
import { checkInput } from './checkInput.ts'
import { readFixtureLogs } from './fixtureLogs.ts'
import { lanesOf, NO_SEED, type FuzzReport, type WorkerTask } from './fuzzTask.ts'

/** More than a second is measured again: Node may have been busy with something else, as with a heap to tidy up. */
const SLOW_MS = 1000

/** A thread of its own, so that it can be stopped within an input that never ends. */
const { shared, lane, seeds, analyser } = workerData as WorkerTask
const { analyseBytes } = (await import(analyser)) as { analyseBytes: Analyser }
const logs = readFixtureLogs()
const { current, next, done } = lanesOf(shared)
const report: FuzzReport = { events: 0, slowestMs: 0, slowestSeed: seeds.first }

for (;;) {
  const at = Atomics.add(next, 0, 1)
  if (at >= seeds.count) break
  const seed = seeds.first + at
  Atomics.store(current, lane, seed)
  const checked = checkInput(seed, logs, analyseBytes)
  const ms = checked.ms > SLOW_MS ? Math.min(checked.ms, checkInput(seed, logs, analyseBytes).ms) : checked.ms
  report.events += checked.events
  if (ms > report.slowestMs) Object.assign(report, { slowestMs: ms, slowestSeed: seed })
  Atomics.add(done, 0, 1)
  const fault = checked.fault ?? (ms > SLOW_MS ? `took ${Math.round(ms)} ms, and as long again` : undefined)
  if (fault !== undefined) {
    report.failed = { seed, fault }
    break
  }
}
Atomics.store(current, lane, NO_SEED)
parentPort?.postMessage(report)
