import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const root = resolve(import.meta.dirname, '../..')
const script = resolve(root, 'test/fixtures/oomscore.sh')
const command = resolve(root, 'bin/oomkeeper')

/** Fifteen sleepers, each with a score of its own above what else runs: anybody may raise a score. */
const sleepers: ChildProcess[] = []

beforeAll(() => {
  for (let at = 0; at < 15; at++) {
    const sleeper = spawn('sleep', ['600'])
    sleepers.push(sleeper)
    writeFileSync(`/proc/${sleeper.pid}/oom_score_adj`, String(1000 - at * 9))
  }
})

afterAll(() => {
  for (const sleeper of sleepers) sleeper.kill('SIGKILL')
})

interface Scored {
  pid: number
  oomScore: number
}

function runRank(...args: readonly string[]) {
  return spawnSync(command, ['rank', ...args], { encoding: 'utf8' })
}

function rankOf(top: number): Scored[] {
  return (JSON.parse(runRank('--output', 'json', '--top', String(top)).stdout) as { candidates: Scored[] }).candidates
}

/** `SCORE PID COMMAND`, highest score first. */
function scriptRank(): Scored[] {
  const lines = execFileSync('bash', [script], { encoding: 'utf8' }).trim().split('\n')
  return lines.map((line) => {
    const [, oomScore, pid] = /^ *(\d+) +(\d+)/.exec(line) ?? []
    return { oomScore: Number(oomScore), pid: Number(pid) }
  })
}

/** As it is now; undefined for a process that is gone. */
function readScore(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/oom_score`, 'utf8'))
  } catch {
    return undefined
  }
}

describe('oomkeeper rank', () => {
  it('finds the same top ten by oom_score as the notes’ script, among processes alive in both runs', () => {
    const [before, notes, after] = [rankOf(10), scriptRank(), rankOf(10)]
    for (const ranking of [before, notes, after]) {
      expect(ranking).toHaveLength(10)
      expect(ranking.map(({ oomScore }) => oomScore)).toEqual(
        ranking.map(({ oomScore }) => oomScore).toSorted((a, b) => b - a),
      )
    }
    // Alive from a first run to now, with the same score: also alive in the run between. At the lowest score shown, a
    // ranking may end among equals.
    const cut = Math.max(...[before, notes, after].map((ranking) => ranking.at(-1)?.oomScore ?? 0))
    const expected = (ranking: readonly Scored[]): Scored[] =>
      ranking
        .filter(({ pid, oomScore }) => oomScore > cut && readScore(pid) === oomScore)
        .map(({ pid, oomScore }) => ({ pid, oomScore }))
    const shown = (ranking: readonly Scored[]): Scored[] => ranking.map(({ pid, oomScore }) => ({ pid, oomScore }))
    expect(shown(notes)).toEqual(expect.arrayContaining(expected(before)))
    expect(shown(after)).toEqual(expect.arrayContaining(expected(notes)))
    expect(expected(notes).length).toBeGreaterThan(0)
  }, 60_000)

  it('shows a table with the score, its adjustment and the command', () => {
    const { status, stdout } = runRank('--top', '100')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^OOM_SCORE +ADJ +RSS +PID +COMMAND +POD +CONTAINER\n/)
    expect(stdout).toMatch(new RegExp(`^\\d+ +1000 +\\S+ +${sleepers[0]?.pid} +sleep `, 'm'))
  })

  it('leaves out init, kernel threads and what is at −1000, however many are asked for', () => {
    const { stdout } = runRank('--top', '10000', '--output', 'json')
    const { candidates } = JSON.parse(stdout) as { candidates: (Scored & { oomScoreAdj: number; command: string })[] }
    expect(candidates.filter(({ oomScoreAdj }) => oomScoreAdj === -1000)).toEqual([])
    expect(candidates.filter(({ pid }) => pid === 1)).toEqual([])
    expect(candidates.filter(({ command: name }) => name === 'kthreadd')).toEqual([])
  })

  it('tells every mistake at once, with exit code 2', () => {
    const { status, stderr } = runRank('--top', '0', '--output', 'yaml', '--porc', '/x')
    expect(status).toBe(2)
    expect(stderr.trim().split('\n')).toEqual([
      'oomkeeper rank: --porc: no such flag; --help lists them',
      'oomkeeper rank: --top: expected N, got "0": it must be a number from 1 to 10000',
      'oomkeeper rank: --output: expected table|json, got "yaml": it must be table or json',
    ])
  })

  it('says what a folder without processes is not, with exit code 3', () => {
    const { status, stderr } = runRank('--proc', root)
    expect(status).toBe(3)
    expect(stderr).toMatch(/^oomkeeper rank: --proc: expected a proc file system, got: .* without any process; mount/)
  })

  it('loads neither zod nor NATS nor the Kubernetes client nor another command: it must start fast', () => {
    const sources = spawnSync(process.execPath, ['--input-type=module', '-e', LOADED], { cwd: root, encoding: 'utf8' })
    expect(sources.stdout.match(/node_modules\S*/g)).toBeNull()
    expect(sources.stdout).toContain('cli/rank.ts')
    expect(sources.stdout).not.toContain('cli/analyze.ts')
  })
})

/** Prints what the command's sources load, by the loader's own hook. */
const LOADED = `
import { registerHooks } from 'node:module'
registerHooks({ load(url, context, next) { console.log(url); return next(url, context) } })
process.argv.splice(1, process.argv.length, 'oomkeeper', 'rank', '--help')
await import('./cli/main.ts')
`
