import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const root = resolve(import.meta.dirname, '../..')
const command = resolve(root, 'bin/oomkeeper')

/** Above what else runs: anybody may raise a score. */
const sleepers: ChildProcess[] = []

beforeAll(() => {
  for (const adj of [990, 980, 970]) {
    const sleeper = spawn('sleep', ['600'])
    sleepers.push(sleeper)
    writeFileSync(`/proc/${sleeper.pid}/oom_score_adj`, String(adj))
  }
})

afterAll(() => {
  for (const sleeper of sleepers) sleeper.kill('SIGKILL')
})

function runSimulate(...args: readonly string[]) {
  // A machine of a thousand processes has more than the usual megabyte to tell.
  return spawnSync(command, ['simulate', ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })
}

interface Report {
  kills: { victim: { pid: number } }[]
  with: { kills: { victim: { pid: number } }[] }
}

describe('oomkeeper simulate', () => {
  it('tells who of this machine goes first, and what another score would change', () => {
    const pids = sleepers.map(({ pid = 0 }) => pid)
    const [first = 0, second = 0, third = 0] = pids
    const { status, stdout } = runSimulate('--output', 'json', '--with', `${third}=999,${first}=-100`)
    const { kills, with: changed } = JSON.parse(stdout) as Report
    const own = (given: Report['kills']) => given.flatMap(({ victim: { pid } }) => (pids.includes(pid) ? [pid] : []))
    expect(status).toBe(0)
    expect(own(kills)).toEqual([first, second, third])
    expect(own(changed.kills)).toEqual([third, second, first])
  })

  it('says in sentences how it ends, by exit code too', () => {
    const much = runSimulate('--until', '4Ki')
    expect(much.stdout).toMatch(/^If this machine’s memory runs out now /)
    expect(much.stdout).toMatch(/ {2}After 1 kill .* came free, of 4 KiB that were asked for\./)
    expect(much.status).toBe(0)
    const tooMuch = runSimulate('--until', '900Ti')
    expect(tooMuch.stdout).toContain('900 TiB cannot be had')
    expect(tooMuch.status).toBe(1)
  })

  it('tells every mistake at once, with exit code 2', () => {
    const { status, stderr } = runSimulate('--until', 'much', '--with', 'web', '--top', '0')
    expect(status).toBe(2)
    expect(stderr.trim().split('\n')).toEqual([
      'oomkeeper simulate: --until: expected SIZE, got "much": it must be an amount of memory, as 500Mi or 2Gi',
      'oomkeeper simulate: --with: expected NAME=ADJ, got "web": it must be pairs of a name and −1000 to 1000, as nginx=500,4711=-900',
      'oomkeeper simulate: --top: expected N, got "0": it must be a number from 1 to 10000',
    ])
    expect(runSimulate('--with', 'no-such=5').stderr).toContain('found none that is "no-such"')
  })

  it('is asked about one thing at a time; a node’s name in the environment is none of them', () => {
    const both = runSimulate('--node', '--cgroup', '/a', '--container', 'deadbeef')
    expect(both).toMatchObject({
      status: 2,
      stderr:
        'oomkeeper simulate: expected at most one of --node, --cgroup, --pod and --container, got --node and --cgroup and --container\n',
    })
    const env = { ...process.env, OOMKEEPER_NODE: 'node-a' }
    const whole = spawnSync(command, ['simulate', '--node', '--until', '4Ki'], { encoding: 'utf8', env })
    expect(whole).toMatchObject({ status: 0, stdout: expect.stringMatching(/^If this machine’s memory runs out now /) })
  })
})
