import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from '../../cluster/process/wait.ts'
import { percentile } from '../percentile.ts'

const PROCESSES = 1000
const LEAST_FASTER = 50
const MOST_OF_C = 2
const TURNS = 5
/** In each turn. */
const COMMANDS = 4
const SCANS = 15
const SETTLE_MS = 2000

const root = resolve(import.meta.dirname, '../../..')
/** As a shell would start them, without npm's options for Node. */
const env = { PATH: '/usr/bin:/bin:/usr/local/go/bin', HOME: tmpdir() }

/** `oomkeeper rank` against the script of the notes, start-up included; its scan against a C loop over the same files. */
async function bench(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-bench-'))
  const sleepers: ChildProcess[] = []
  try {
    const reader = buildReader(folder)
    while (sleepers.length < PROCESSES && countProcesses() < PROCESSES) {
      for (let more = PROCESSES - countProcesses(); more > 0; more--) {
        sleepers.push(spawn('sleep', ['3600'], { stdio: 'ignore' }))
      }
    }
    await sleep(SETTLE_MS)
    const processes = countProcesses()
    console.log(`  ${processes} processes, ${sleepers.length} of them started for this`)
    const paths = join(folder, 'paths')
    const times = { script: [], command: [], scan: [], first: [], floor: [] } as Record<string, number[]>
    for (let turn = 0; turn < TURNS; turn++) {
      times['script']?.push(timeOf('bash', [join(root, 'test/fixtures/oomscore.sh')]))
      for (let at = 0; at < COMMANDS; at++) times['command']?.push(timeOf(join(root, 'bin/oomkeeper'), ['rank']))
      const scans = roundsOf(process.execPath, [join(import.meta.dirname, 'scan.ts'), String(SCANS), paths])
      times['first']?.push(...scans.slice(0, 1))
      times['scan']?.push(...scans.slice(1))
      if (reader !== undefined) times['floor']?.push(...roundsOf(reader.program, [String(SCANS)], paths))
    }
    const files = readFileSync(paths, 'utf8').split('\n').length - 1
    return `${processes} processes: ${judge(times, reader?.language, files)}`
  } finally {
    for (const sleeper of sleepers) sleeper.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

function judge(times: Readonly<Record<string, number[]>>, language: string | undefined, files: number): string {
  const median = (name: string): number => percentile(times[name] ?? [], 50)
  for (const [name, all] of Object.entries(times)) {
    if (all.length === 0) continue
    const [least, middle, most] = [0, 50, 100].map((percent) => percentile(all, percent).toFixed(1))
    console.log(`  ${name.padEnd(8)} median ${middle} ms, from ${least} to ${most} (n = ${all.length})`)
  }
  const faster = median('script') / median('command')
  const whole = `oomkeeper rank ${median('command').toFixed(0)} ms, the notes' script ${median('script').toFixed(0)} ms (${faster.toFixed(0)} ×)`
  if (faster < LEAST_FASTER) throw new Error(`expected ${LEAST_FASTER} × as fast at least, got ${whole}`)
  if (language === undefined) return `${whole}; the scan beside nothing: neither cc nor go is there`
  const ofFloor = median('scan') / median('floor')
  const scan = `a scan of ${files} files ${median('scan').toFixed(1)} ms, ${ofFloor.toFixed(2)} × a ${language} loop that reads them (the first of a process ${median('first').toFixed(0)} ms)`
  if (ofFloor > MOST_OF_C) throw new Error(`expected ${MOST_OF_C} × at most, got ${scan}`)
  return `${whole}; ${scan}; medians of ${times['command']?.length}, ${times['script']?.length} and ${times['scan']?.length}`
}

/** The reader in C, or in Go where there is no compiler for that. */
function buildReader(folder: string): { program: string; language: string } | undefined {
  const program = join(folder, 'readFiles')
  const source = (extension: string) => join(import.meta.dirname, `readFiles.${extension}`)
  const ways = [
    ['C', 'cc', ['-O2', '-o', program, source('c')]],
    ['Go', 'go', ['build', '-o', program, source('go')]],
  ] as const
  for (const [language, compiler, args] of ways) {
    const { error, status, stderr } = spawnSync(compiler, args, { env, encoding: 'utf8' })
    if (status === 0) return { program, language }
    console.log(`  no reader in ${language}: ${error?.message ?? stderr.trim()}`)
  }
  return undefined
}

function countProcesses(): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length
}

/** Milliseconds until it has ended. */
function timeOf(program: string, args: readonly string[]): number {
  const start = performance.now()
  const { status, stderr } = spawnSync(program, args, { env, encoding: 'utf8' })
  const took = performance.now() - start
  if (status !== 0) throw new Error(`expected ${program} to end with 0, got ${status}: ${stderr.trim()}`)
  return took
}

/** Milliseconds of each round, as it prints them. */
function roundsOf(program: string, args: readonly string[], inputFile?: string): number[] {
  const input = inputFile === undefined ? '' : readFileSync(inputFile, 'utf8')
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8', input })
  if (status !== 0) throw new Error(`expected ${program} to end with 0, got ${status}: ${stderr.trim()}`)
  return stdout.trim().split('\n').map(Number)
}

try {
  console.log(`bench-rank ok: ${await bench()}`)
} catch (error) {
  console.log(`bench-rank failed: ${errorMessage(error)}`)
  process.exit(3)
}
