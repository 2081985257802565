import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { memoryCgroupRoot } from '#program/adapters/cgroupFiles.ts'
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
    expect(stdout).toMatch(/^OOM_SCORE +ADJ +BADNESS +RSS +SWAP +FREES +PID +OWNER +COMMAND\b/)
    expect(stdout).toMatch(new RegExp(`^\\d+ +1000 +\\d+ +\\S+ +\\S+ +\\S+% +${sleepers[0]?.pid} +\\S+ +sleep\\b`, 'm'))
    expect(stdout).toMatch(/^\d+ processes on this machine; FREES is of \S+i, RAM and swap\.$/m)
    expect(stdout).toMatch(/^Never chosen: /m)
  })

  it('leaves out init, kernel threads and what is at −1000, however many are asked for', () => {
    const { stdout } = runRank('--top', '10000', '--output', 'json')
    const { candidates } = JSON.parse(stdout) as { candidates: (Scored & { oomScoreAdj: number; command: string })[] }
    expect(candidates.filter(({ oomScoreAdj }) => oomScoreAdj === -1000)).toEqual([])
    expect(candidates.filter(({ pid }) => pid === 1)).toEqual([])
    expect(candidates.filter(({ command: name }) => name === 'kthreadd')).toEqual([])
  })

  it('leaves itself out: it is gone when it happens', () => {
    const { stdout, pid } = runRank('--top', '10000', '--output', 'json')
    const { candidates } = JSON.parse(stdout) as { candidates: Scored[] }
    // bin/oomkeeper becomes the program: its pid is the one that was started.
    expect(candidates.map((candidate) => candidate.pid)).not.toContain(pid)
    expect(candidates.map((candidate) => candidate.pid)).toContain(sleepers[0]?.pid)
  })

  it('has no field in its JSON that its document does not describe', () => {
    const known = readFileSync(resolve(root, 'docs/ranking.md'), 'utf8')
    const report = JSON.parse(runRank('--output', 'json', '--command-line').stdout) as {
      domain: object
      neverChosen: object
      candidates: object[]
    }
    const fields = [report, report.domain, report.neverChosen, ...report.candidates].flatMap(Object.keys)
    expect(fields.length).toBeGreaterThan(20)
    expect([...new Set(fields)].filter((field) => !known.includes(`\`${field}\``))).toEqual([])
  })

  it('shows command lines only where they are asked for', () => {
    const commandLines = (...flags: string[]) => {
      const { stdout } = runRank('--top', '100', '--output', 'json', ...flags)
      const { candidates } = JSON.parse(stdout) as { candidates: (Scored & { commandLine?: string })[] }
      return candidates.filter(({ pid }) => pid === sleepers[0]?.pid).map(({ commandLine }) => commandLine)
    }
    expect(commandLines()).toEqual([undefined])
    expect(commandLines('--command-line')).toEqual(['sleep 600'])
  })

  it('weighs the processes of one cgroup by its own limit', () => {
    const group = join(memoryCgroupRoot('/sys/fs/cgroup'), `oomkeeper-rank-${process.pid}`)
    const limitFile = existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes') ? 'memory.limit_in_bytes' : 'memory.max'
    try {
      mkdirSync(group)
      writeFileSync(join(group, limitFile), String(64 * 1024 * 1024))
      for (const sleeper of sleepers.slice(0, 2)) writeFileSync(join(group, 'cgroup.procs'), String(sleeper.pid))
    } catch (error) {
      console.log(`not tested, no memory cgroup can be made here (root?): ${String(error)}`)
      return
    }
    try {
      const { stdout } = runRank('--cgroup', `/${basename(group)}`, '--output', 'json')
      const ranking = JSON.parse(stdout) as { candidates: (Scored & { badnessPages: number })[] }
      expect(ranking).toMatchObject({ processCount: 2, domain: { limitKib: 65_536 }, pageSizeKib: expect.any(Number) })
      expect(stdout).not.toContain('limits of cgroups')
      expect(ranking.candidates.map(({ pid }) => pid)).toEqual([sleepers[0]?.pid, sleepers[1]?.pid])
      // Nine thousandths of 64 MiB are between them; of this machine it would be more by far.
      const [first, second] = ranking.candidates.map(({ badnessPages }) => badnessPages)
      expect(Math.abs((first ?? 0) - (second ?? 0) - 9 * 16)).toBeLessThan(100)
    } finally {
      const top = join(memoryCgroupRoot('/sys/fs/cgroup'), 'cgroup.procs')
      for (const sleeper of sleepers.slice(0, 2)) writeFileSync(top, String(sleeper.pid))
      rmdirSync(group)
    }
  })

  it('says that nothing is there, with exit code 1', () => {
    const { status, stderr } = runRank('--container', '0123456789ab')
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'oomkeeper rank: expected processes in a container 0123456789ab, got none\n',
    })
  })

  it('tells every mistake at once, with exit code 2', () => {
    const { status, stderr } = runRank('--top', '0', '--output', 'xml', '--porc', '/x')
    expect(status).toBe(2)
    expect(stderr.trim().split('\n')).toEqual([
      'oomkeeper rank: --porc: no such flag; --help lists them',
      'oomkeeper rank: --top: expected N, got "0": it must be a number from 1 to 10000',
      'oomkeeper rank: --output: expected table|wide|json|yaml, got "xml": it must be table, wide, json or yaml',
    ])
  })

  it('says what a folder without processes is not, with exit code 3', () => {
    const { status, stderr } = runRank('--proc', root)
    expect(status).toBe(3)
    expect(stderr).toMatch(/^oomkeeper rank: --proc: expected a proc file system, got: .* without any process; mount/)
  })

  it('says of kubectl what it says to people, in one line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-kubectl-'))
    try {
      const script =
        '#!/bin/sh\necho "E1125 memcache.go:265] Unhandled Error" >&2\necho "connection refused" >&2\nexit 1\n'
      writeFileSync(join(folder, 'kubectl'), script, { mode: 0o755 })
      const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` }
      expect(spawnSync(command, ['rank', '--node', 'node-a'], { encoding: 'utf8', env })).toMatchObject({
        status: 3,
        stderr:
          'oomkeeper rank: expected kubectl to reach the operator in namespace oomkeeper, got: connection refused\n',
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
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
