import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { describeUnless, type Reason } from '../support/leftOut.ts'

const bin = resolve(import.meta.dirname, '../../bin')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-completion-'))
  // A cluster with two reports, in any namespace.
  const kubectl = `#!/bin/sh
case "$*" in
  *'config view'*) echo shop ;;
  *oomreports*) printf 'oomreport.oomkeeper.io/%s\\n' web-app worker-app ;;
  *) exit 1 ;;
esac
`
  writeFileSync(join(folder, 'kubectl'), kubectl)
  chmodSync(join(folder, 'kubectl'), 0o755)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const PATH = [folder, bin, process.env['PATH']].join(delimiter)
  const { stdout, stderr, status } = spawnSync(command, [...args], {
    encoding: 'utf8',
    env: { PATH, HOME: folder, ...env },
    timeout: 30_000,
  })
  return { stdout, stderr, status }
}

function missing(shell: string): Reason {
  const isThere = spawnSync(shell, ['-c', 'true']).error === undefined
  return isThere ? undefined : `${shell} is not installed`
}

/** What each shell is to come to, by what stands before the cursor. */
const LINES: readonly [string, readonly string[], readonly string[]][] = [
  ['a command', ['to'], ['top']],
  ['a value of a flag', ['list', '-o', 'ya'], ['yaml']],
  ['a report', ['show', '-n', 'shop', 'w'], ['web-app', 'worker-app']],
  ['a flag', ['tail', '--co'], ['--count', '--context']],
]

describeUnless(missing('bash'), 'the completion of bash', () => {
  const completeIn = (words: readonly string[], count = words.length) => {
    const script = `source <(kubectl-oom completion bash)
COMP_WORDS=(kubectl-oom "$@"); COMP_CWORD=${count}; _kubectl_oom; printf '%s\\n' "\${COMPREPLY[@]}"`
    return run('bash', ['--norc', '-c', script, 'bash', ...words])
  }

  it.each(LINES)('completes %s', (_what, words, expected) => {
    const { stdout, stderr } = completeIn(words)
    expect({ words: stdout.trim().split('\n').toSorted(), stderr }).toEqual({
      words: [...expected].toSorted(),
      stderr: '',
    })
  })

  it('completes what stands behind =, which bash takes for a word', () => {
    expect(completeIn(['list', '--output', '=', 'na']).stdout).toBe('name\n')
    expect(completeIn(['list', '--output', '=']).stdout.trim().split('\n')).toHaveLength(5)
  })

  it('completes files where a file is asked for', () => {
    expect(completeIn(['list', '--kubeconfig', join(folder, 'kub')]).stdout).toBe(`${join(folder, 'kubectl')}\n`)
  })

  it('is registered for the plugin', () => {
    const { stdout } = run('bash', ['--norc', '-c', 'source <(kubectl-oom completion bash); complete -p kubectl-oom'])
    expect(stdout).toBe('complete -F _kubectl_oom kubectl-oom\n')
  })
})

describeUnless(missing('zsh'), 'the completion of zsh', () => {
  // Without a terminal there is no line editor: what it would be given is looked at.
  const script = `compdef() { :; }
_describe() { print -rl -- "\${(@P)2}"; }
_files() { print files; }
source <(kubectl-oom completion zsh)
words=(kubectl-oom "$@"); CURRENT=$#words; _kubectl_oom`

  it.each(LINES)('completes %s', (_what, words, expected) => {
    const { stdout, stderr } = run('zsh', ['-f', '-c', script, 'zsh', ...words])
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/:.*/s, ''))
    expect({ words: found.toSorted(), stderr }).toEqual({ words: [...expected].toSorted(), stderr: '' })
  })

  it('leaves files to the shell', () => {
    expect(run('zsh', ['-f', '-c', script, 'zsh', 'list', '--kubeconfig', '']).stdout).toBe('files\n')
  })
})

describeUnless(missing('fish'), 'the completion of fish', () => {
  it.each(LINES)('completes %s', (_what, words, expected) => {
    const line = ['kubectl-oom', ...words].join(' ')
    const { stdout } = run('fish', ['--no-config', '-c', `kubectl-oom completion fish | source; complete -C '${line}'`])
    const found = stdout
      .trim()
      .split('\n')
      .map((text) => text.replace(/\t.*/s, ''))
    expect(found.toSorted()).toEqual([...expected].toSorted())
  })
})

const noKubectl: Reason =
  spawnSync('kubectl', ['version', '--client']).error === undefined ? undefined : 'kubectl is not installed'

describeUnless(noKubectl, 'kubectl itself', () => {
  // Not the one of the made-up cluster.
  const kubectl = (...args: readonly string[]) =>
    run('kubectl', args, { PATH: [bin, process.env['PATH']].join(delimiter) })

  it('finds the plugin', () => {
    const { stdout, status } = kubectl('oom', 'list', '--help')
    expect({ first: stdout.split('\n')[0], status }).toEqual({ first: 'Usage: kubectl oom list [flags]', status: 0 })
    expect(kubectl('oom', 'top', '-o', 'xml')).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^kubectl oom top: -o: expected table\|wide\|json\|yaml\|name, got "xml"/),
    })
  })

  it('asks it for what may stand there', () => {
    expect(kubectl('__complete', 'oom', 'list', '-o', 'ya').stdout).toBe('yaml\n:4\n')
  })
})

describe('kubectl’s own completion of the plugin', () => {
  it('is answered by kubectl_complete-oom, as cobra has it', () => {
    const { stdout, status } = run('kubectl_complete-oom', ['list', '-o', 'j'])
    expect({ stdout, status }).toEqual({ stdout: 'json\n:4\n', status: 0 })
  })

  it('offers nothing where the cluster does not answer, and says nothing', () => {
    const said = run('kubectl_complete-oom', ['rank', ''])
    expect(said).toEqual({ stdout: ':4\n', stderr: '', status: 0 })
  })
})
