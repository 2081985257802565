import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { itUnless } from '../support/leftOut.ts'

const command = resolve(import.meta.dirname, '../../bin/oomkeeper')
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const FRAME = '\u001b[?2026h\u001b[H'
const LIMIT_MS = 20_000

/** util-linux's script gives a program a terminal. */
const noScript = spawnSync('script', ['--version']).status === 0 ? undefined : 'there is no script(1)'

let ended: (() => void) | undefined

afterEach(() => {
  ended?.()
  ended = undefined
})

/** `rank --watch` on a terminal of 100 columns. */
function watchOnTerminal(env: Readonly<Record<string, string>>, rows = 12) {
  const line = `stty rows ${rows} cols 100; echo pid=$$; exec ${command} rank --watch --interval 0.5`
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh', ...env },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const pid = () => Number(/pid=(\d+)/.exec(output)?.[1])
  const frames = () => output.split(FRAME).length - 1
  const signal = (name: 'SIGCONT' | 'SIGTERM') => process.kill(pid(), name)
  const until = async (seen: () => boolean): Promise<void> => {
    const end = Date.now() + LIMIT_MS
    while (!seen()) {
      if (Date.now() > end) throw new Error(`expected more of the terminal, got ${JSON.stringify(output)}`)
      await new Promise((next) => setTimeout(next, 20))
    }
  }
  ended = () => {
    // Its terminal goes with it, and what runs there hears SIGHUP.
    if (child.exitCode === null) child.kill('SIGKILL')
  }
  return {
    output: () => output,
    frames,
    until,
    signal,
    press: (keys: string) => child.stdin.write(keys),
    isStopped: () => /\) T /.test(readFileSync(`/proc/${pid()}/stat`, 'utf8')),
    resume: () => signal('SIGCONT'),
    // script(1) stops itself once it sees that what it runs has stopped, which may be after the other goes on.
    wakeScript: () => child.kill('SIGCONT'),
    exitCode: async () => child.exitCode ?? ((await once(child, 'exit')) as [number])[0],
  }
}

describe('oomkeeper rank --watch on a terminal', () => {
  itUnless(
    noScript,
    'draws over what it drew, and gives the terminal back on Ctrl-C, with exit code 0',
    async () => {
      const watch = watchOnTerminal({ NO_COLOR: '1' })
      await watch.until(() => watch.frames() >= 3)
      watch.press('\u0003')
      expect(await watch.exitCode()).toBe(0)
      await watch.until(() => watch.output().endsWith(LEAVE))
      expect(watch.output()).toContain(ENTER)
      for (const frame of watch.output().split(FRAME).slice(1, -1)) {
        expect(frame).toMatch(/^oomkeeper rank: this machine at [\d:]{8}Z, every 0\.5 s\. Ctrl-C ends it\./)
        expect(frame.split('\r\n').length).toBeLessThanOrEqual(12)
        for (const part of frame.split('\u001b[').slice(1)) expect(part).not.toMatch(/^[\d;]*m/)
      }
    },
    30_000,
  )

  itUnless(
    noScript,
    'fills the terminal, where nobody says how many',
    async () => {
      const sleepers = Array.from({ length: 20 }, () => spawn('sleep', ['60']))
      try {
        const watch = watchOnTerminal({ NO_COLOR: '1' }, 24)
        await watch.until(() => watch.frames() >= 2)
        const lines = (watch.output().split(FRAME)[1] ?? '').split('\r\n')
        expect(lines.length).toBeGreaterThan(20)
        expect(lines.length).toBeLessThanOrEqual(24)
      } finally {
        for (const sleeper of sleepers) sleeper.kill()
      }
    },
    30_000,
  )

  itUnless(
    noScript,
    'gives the terminal back while it is suspended',
    async () => {
      const watch = watchOnTerminal({})
      await watch.until(() => watch.frames() >= 1)
      watch.press('\u001a')
      await watch.until(() => watch.isStopped())
      const before = watch.frames()
      watch.resume()
      await watch.until(() => watch.wakeScript() && watch.frames() >= before + 2)
      expect(watch.output()).toContain(LEAVE + ENTER)
      expect(watch.output()).toContain('\u001b[1mOOM_SCORE')
      watch.signal('SIGTERM')
      expect(await watch.exitCode()).toBe(0)
    },
    30_000,
  )

  itUnless(
    noScript,
    'says what a terminal that cannot be drawn over is not',
    async () => {
      const watch = watchOnTerminal({ TERM: 'dumb' })
      expect(await watch.exitCode()).toBe(2)
      expect(watch.output()).toContain('expected a terminal on the standard output, got one that cannot be drawn over')
    },
    30_000,
  )
})

describe('oomkeeper rank --watch into a pipe', () => {
  it('says that a pipe is no terminal, with exit code 2', () => {
    const { status, stdout, stderr } = spawnSync(command, ['rank', '--watch'], { encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'oomkeeper rank: --watch: expected a terminal on the standard output, got none; --output json gives a line each time\n',
    })
  })

  it('writes a line of JSON each time, and ends on SIGINT with exit code 0', async () => {
    const child = spawn(command, ['rank', '--watch', '--interval', '0.5', '--top', '1', '--output', 'json'])
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.split('\n').length > 2) child.kill('SIGINT')
    })
    expect(await once(child, 'close')).toEqual([0, null])
    const lines = output.trim().split('\n')
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ version: 1, candidates: [{}] })
    expect(lines.length).toBeGreaterThanOrEqual(2)
  }, 30_000)
})
