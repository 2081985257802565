import { execFileSync } from 'node:child_process'
import { percentile } from '../percentile.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const RUNS = 25

/**
 * A whole `oomkeeper analyze` of a short log, start to end, beside Node.js that does nothing: in turns, so that both see
 * the same machine. @returns what was measured, in words.
 */
export function measureStart(log: (line: string) => void): string {
  const sides = {
    analyze: [`${ROOT}bin/oomkeeper`, 'analyze', `${ROOT}test/fixtures/dumps/3.10-el7-java.log`],
    'node -e 0': [process.execPath, '-e', '0'],
  }
  const times: Record<keyof typeof sides, number[]> = { analyze: [], 'node -e 0': [] }
  for (let run = -1; run < RUNS; run++) {
    for (const name of ['analyze', 'node -e 0'] as const) {
      const ms = timeOf(sides[name])
      // The first pair only fills the machine's caches.
      if (run >= 0) times[name].push(ms)
    }
  }
  for (const [name, all] of Object.entries(times)) {
    const [low, median, high] = [10, 50, 90].map((part) => percentile(all, part).toFixed(1))
    log(`  ${name.padEnd(10)} ${median} ms from start to end (p10 ${low}, p90 ${high})`)
  }
  const ratios = times.analyze.map((ms, run) => ms / (times['node -e 0'][run] ?? Number.NaN))
  return `analyze starts and ends in ${percentile(ratios, 50).toFixed(2)} × Node's own time, median of ${RUNS} pairs`
}

/** Takes the time in a small process: to start another takes Node.js milliseconds of its own. */
const TIMED = 'from=$EPOCHREALTIME; "$@" >/dev/null || exit; to=$EPOCHREALTIME; echo "$from $to"'

/** @returns milliseconds @throws Error where the command does not end with 0 */
function timeOf(argv: readonly string[]): number {
  const said = execFileSync('bash', ['--norc', '-c', TIMED, '--', ...argv], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
  })
  const [from = Number.NaN, to = Number.NaN] = said.split(' ').map(Number)
  return (to - from) * 1000
}
