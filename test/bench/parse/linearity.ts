import { analyseBytes } from '../../fuzz/analyseBytes.ts'
import { percentile } from '../percentile.ts'
import { HOSTILE_LOGS, type HostileLog } from './hostileLogs.ts'

const FACTOR = 10
/** A reader whose time grows as its input does stays below; one that goes by the square takes a hundred times as long. */
const MOST = 12
const RUNS = 7
/** What is above is measured again: the machine may have been busy with something else. */
const TRIES = 3
/** A shorter time is not to be measured on a machine that does other things too. */
const LEAST_MS = 20

/**
 * Analyses hostile logs and ones of ten times their size, from bytes to text and JSON. What is measured is the processor's
 * time, which other programs change the least.
 * @throws Error where ten times as much takes more than twelve times as long
 */
export function measureLinearity(log: (line: string) => void): string {
  const ratios = HOSTILE_LOGS.map((shape) => {
    let measured = measure(shape)
    for (let tried = 1; tried < TRIES && measured.ratio > MOST; tried++) measured = measure(shape)
    const { smallMs, largeMs, ratio } = measured
    const times = `${smallMs.toFixed(2).padStart(7)} → ${largeMs.toFixed(1).padStart(6)} ms`
    log(`  ${ratio.toFixed(1).padStart(5)} × ${times}  ${shape.name}`)
    return { name: shape.name, ratio }
  })
  const [worst] = ratios.toSorted((a, b) => b.ratio - a.ratio)
  if (worst === undefined) throw new Error('expected hostile logs, got none')
  const found = `ten times the input takes ${worst.ratio.toFixed(1)} × the time`
  if (worst.ratio > MOST) throw new Error(`expected ${MOST} × at most, but ${found}: ${worst.name}`)
  return `${found} at most, of ${ratios.length} hostile logs (medians of ${RUNS})`
}

/** Medians of runs in turns, each of as many analyses as the small log needs to be measured; the times are those of one. */
function measure({ size, create }: HostileLog): { smallMs: number; largeMs: number; ratio: number } {
  const small = Buffer.from(`${create(size)}\n`)
  const large = Buffer.from(`${create(size * FACTOR)}\n`)
  timed(large, 1)
  const rounds = Math.ceil(LEAST_MS / Math.min(timed(small, 1), timed(small, 1)))
  const runs = Array.from({ length: RUNS }, () => {
    const [smallMs, largeMs] = [timed(small, rounds), timed(large, rounds)]
    return { smallMs: smallMs / rounds, largeMs: largeMs / rounds, ratio: largeMs / smallMs }
  })
  const median = (name: 'smallMs' | 'largeMs' | 'ratio') =>
    percentile(
      runs.map((run) => run[name]),
      50,
    )
  return { smallMs: median('smallMs'), largeMs: median('largeMs'), ratio: median('ratio') }
}

function timed(log: Buffer, rounds: number): number {
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round++) analyseBytes(log, false)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
