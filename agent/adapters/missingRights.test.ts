import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { CgroupFiles } from '#program/adapters/cgroupFiles.ts'
import { ProcFiles } from '#program/adapters/procFiles.ts'
import type { NodeRoot } from '../cgroup/nodeRoot.ts'
import { missingRights } from './missingRights.ts'
import { ProcFs } from './procFs.ts'

let folder = ''
let said: string[] = []
const logger = pino(
  { level: 'error' },
  { write: (line: string) => said.push((JSON.parse(line) as { msg: string }).msg) },
)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-rights-'))
  said = []
})

afterEach(() => rmSync(folder, { recursive: true }))

function put(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}

function missing(nodeRoot: NodeRoot = { kind: 'whole' }): string[] {
  const tree = join(folder, 'cgroup')
  const proc = new ProcFs(new ProcFiles(join(folder, 'proc')))
  return missingRights(proc, new CgroupFiles(tree), tree, nodeRoot, logger)
}

describe('what an agent lacks', () => {
  it('is nothing where it sees processes, the count of kills and memory cgroups', () => {
    put('proc/2/stat', `2 (kthreadd) S 0 0 0 0 -1 2129984 ${'0 '.repeat(43)}\n`)
    put('proc/vmstat', 'nr_free_pages 7\noom_kill 3\n')
    put('cgroup/cgroup.procs', '1\n')
    expect(missing()).toEqual([])
    expect(said).toEqual([])
  })

  it('is not the processes of the machine, for a node that is one of its containers', () => {
    put('proc/vmstat', 'oom_kill 3\n')
    put('cgroup/cgroup.procs', '1\n')
    expect(missing({ kind: 'container', id: 'a'.repeat(64), isHidden: true })).toEqual([])
  })

  it('is a line each in the log, and in short for /readyz', () => {
    put('proc/vmstat', 'nr_free_pages 7\n')
    expect(missing()).toEqual([
      "the host's processes cannot be seen",
      "the kernel's own count of kills cannot be read",
      'no memory cgroup can be read',
    ])
    expect(said).toEqual([
      expect.stringMatching(/^expected to see the host's processes in --proc, got [^\n]+$/),
      expect.stringMatching(/^expected oom_kill in vmstat of --proc, got none; [^\n]+$/),
      expect.stringMatching(/^expected a hierarchy of memory cgroups below --cgroup-root .*cgroup, got none; [^\n]+$/),
    ])
  })
})
