import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt } from '../../cluster/build/ensureBuilt.ts'
import type { GoModule } from '../../cluster/build/goModule.ts'
import { runCommand } from '../../cluster/process/run.ts'
import { errorMessage } from '../../cluster/process/wait.ts'
import { percentile } from '../percentile.ts'
import { measureLinearity } from './linearity.ts'
import { measureStart } from './start.ts'

const CADVISOR: GoModule = {
  name: 'cadvisor-oom',
  version: '0.60.6',
  folder: '../bench/modules/cadvisor',
  ldflags: '-s -w',
  programs: { 'cadvisor-oom': '.' },
}
const FIXTURES = new URL('../../fixtures/kmsg/', import.meta.url)
const INPUT_BYTES = 128 * 1024 * 1024
const RUNS = 5

/** A process that reads the input several times. */
interface Run {
  /** Of each time. */
  seconds: number[]
  kills: number
}

/**
 * Reading every field of every dump, against the kubelet's reader, which reads five: the same bytes in memory, in turns,
 * on one core. Both programs run for months, so what counts is the speed once they are warm; the first time is told too.
 */
async function bench(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-bench-'))
  try {
    const cadvisor = join(await ensureBuilt(CADVISOR, (line) => console.log(line)), 'cadvisor-oom')
    const input = join(folder, 'kernel.kmsg')
    const mebibytes = writeInput(input)
    const pinned = ['taskset', '--cpu-list', '0'] as const
    const sides: Record<string, [string, ...string[]]> = {
      oomkeeper: [...pinned, process.execPath, new URL('readKmsg.ts', import.meta.url).pathname, input],
      cadvisor: [...pinned, cadvisor, input],
    }
    const warm: Record<string, number[]> = { oomkeeper: [], cadvisor: [] }
    const cold: Record<string, number[]> = { oomkeeper: [], cadvisor: [] }
    const kills: Record<string, number> = {}
    for (let run = 0; run < RUNS; run++) {
      for (const [name, argv] of Object.entries(sides)) {
        const said = JSON.parse(await runCommand(argv, { env: { PATH: '/usr/bin:/bin' } })) as Run
        const [first = Number.NaN, ...others] = said.seconds.map((seconds) => mebibytes / seconds)
        cold[name]?.push(first)
        warm[name]?.push(percentile(others, 50))
        kills[name] = said.kills
      }
    }
    const median = (speeds: typeof warm, name: string): number => percentile(speeds[name] ?? [], 50)
    for (const name of Object.keys(sides)) {
      const all = (warm[name] ?? []).map((speed) => speed.toFixed(0)).join(', ')
      const first = median(cold, name).toFixed(1)
      console.log(
        `  ${name.padEnd(10)} ${median(warm, name).toFixed(1)} MiB/s (${all}), the first time ${first}; ${kills[name]} kills`,
      )
    }
    const ratioOf = (speeds: typeof warm) => (median(speeds, 'oomkeeper') / median(speeds, 'cadvisor')).toFixed(2)
    return `${mebibytes.toFixed(0)} MiB of kernel log, ${ratioOf(warm)} × the speed of cadvisor's oomparser (${ratioOf(cold)} × the first time), medians of ${RUNS}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns its size in MiB. */
function writeInput(file: string): number {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.kmsg'))
  const once = Buffer.concat(names.toSorted().map((name) => readFileSync(new URL(name, FIXTURES))))
  const copies = Math.ceil(INPUT_BYTES / once.length)
  writeFileSync(file, Buffer.concat(Array.from({ length: copies }, () => once)))
  return (once.length * copies) / 1024 ** 2
}

try {
  const speed = await bench()
  const start = measureStart(console.log)
  console.log(`bench-parse ok: ${speed}; ${start}; ${measureLinearity(console.log)}`)
} catch (error) {
  console.log(`bench-parse failed: ${errorMessage(error)}`)
  process.exit(3)
}
