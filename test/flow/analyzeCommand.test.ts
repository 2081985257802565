import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'

const root = resolve(import.meta.dirname, '../..')
const command = resolve(root, 'bin/oomkeeper')
const dump = (name: string) => resolve(root, 'test/fixtures/dumps', name)
const kmsg = (name: string) => resolve(root, 'test/fixtures/kmsg', name)
const LEAK = dump('2.6.32-el6-slab-leak.log')

/** Any control character but a line's end. */
const CONTROL = /[^\P{Cc}\n]/u

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-analyze-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function analyze(args: readonly string[], input?: string | Buffer) {
  return spawnSync(command, ['analyze', ...args], { encoding: 'utf8', input, env: { PATH: process.env['PATH'] ?? '' } })
}

function written(name: string, content: string | Buffer): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

interface Report {
  version: number
  events: { outcome: string; victims: { pid: number }[]; explanation: { verdict: string[] } }[]
}

describe('oomkeeper analyze', () => {
  it('tells a person in 80 columns what happened, the verdict first, without colours off a terminal', () => {
    const { stdout, status } = analyze([LEAK])
    expect(status).toBe(0)
    const lines = stdout.split('\n')
    expect(lines[0]).toBe('  haproxy (pid 20557) was killed because the machine ran out of memory when')
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(stdout).not.toContain('\u001b')
  })

  it('gives programs the same in JSON and YAML', () => {
    const json = JSON.parse(analyze(['--output', 'json', LEAK]).stdout) as Report
    expect(json).toMatchObject({ version: 1, events: [{ outcome: 'killed', victims: [{ pid: 20557 }] }] })
    expect(json.events[0]?.explanation.verdict).toHaveLength(3)
    expect(load(analyze(['--output=yaml', LEAK]).stdout)).toEqual(json)
  })

  it('reads the standard input, and gzip by its content', () => {
    const plain = analyze(['--output', 'json', LEAK]).stdout
    expect(analyze(['--output', 'json'], readFileSync(LEAK)).stdout).toBe(plain)
    expect(analyze(['--output', 'json', '-'], gzipSync(readFileSync(LEAK))).stdout).toBe(plain)
    expect(analyze(['--output', 'json', written('log', gzipSync(readFileSync(LEAK)))]).stdout).toBe(plain)
  })

  it('begins with a table where there are several events, and shows one of them on request', () => {
    const two = written('two.log', Buffer.concat([readFileSync(LEAK), readFileSync(dump('3.10-el7-java.log'))]))
    expect(analyze([two]).stdout).toMatch(/^2 OOM events\n/)
    const second = analyze(['--event', '2', two])
    expect(second.stdout).toMatch(/^ {2}java \(pid 5424\) was killed/)
    expect(analyze(['--event', '3', two])).toMatchObject({ status: 1, stdout: '' })
  })

  it('puts an event into Markdown that no command can break', () => {
    const { stdout } = analyze(['--output', 'markdown', kmsg('6.18-hostile-commands.kmsg')])
    expect(stdout).toMatch(/^## OOM event 1\n/)
    expect(stdout).not.toMatch(CONTROL)
  })

  it('lets nothing of a hostile command reach the terminal', () => {
    for (const output of ['text', 'json', 'yaml']) {
      const { stdout, status } = analyze(['--output', output, '--verbose', kmsg('6.18-hostile-commands.kmsg')])
      expect(status).toBe(0)
      expect(stdout).not.toMatch(CONTROL)
    }
  })

  it.each([
    ['an empty file', () => written('empty', ''), 2, 'it is empty'],
    ['binary data', () => written('binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 1, 2, 3])), 2, 'got binary'],
    ['a file that is not there', () => join(folder, 'nowhere.log'), 2, 'no such file'],
    ['a log without an OOM kill', () => written('calm', '[ 1.0] usb 1-1: new device\n'), 1, 'found none'],
  ])('says of %s in one line what is wrong, with its path', (_what, make, status, words) => {
    const file = make()
    const ended = analyze([file])
    expect(ended).toMatchObject({ status, stdout: '' })
    expect(ended.stderr).toMatch(/^oomkeeper analyze: [^\n]+\n$/)
    expect(ended.stderr).toContain(file)
    expect(ended.stderr).toContain(words)
  })

  it('ends quietly when its reader has seen enough', () => {
    const many = written('many.log', Buffer.concat(Array.from({ length: 300 }, () => readFileSync(LEAK))))
    const piped = `"${command}" analyze --output json "${many}" | head -c 100 >/dev/null; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', piped], { encoding: 'utf8' })
    expect([stdout, stderr]).toEqual(['0\n', ''])
  })

  it('refuses flags that it does not know', () => {
    expect(analyze(['--output', 'xml', LEAK])).toMatchObject({ status: 2, stdout: '' })
  })
})
