import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { EXAMPLE_CGROUPS, EXAMPLE_PROC, writeExampleMachine } from './exampleMachine.ts'

/** What a command is called with to see which of its functions are worth keeping compiled; without it, for its help. */
function typicalCalls(machine: string): Readonly<Record<string, readonly (readonly string[])[]>> {
  const fixture = (path: string): string => resolve(import.meta.dirname, '../test/fixtures', path)
  const roots = ['--proc', join(machine, EXAMPLE_PROC), '--cgroup-root', join(machine, EXAMPLE_CGROUPS)]
  return {
    analyze: ['dumps/3.10-el7-java.log', 'kmsg/6.12-global.kmsg', 'kmsg/6.12-memcg-v2.kmsg'].map((log) => [
      fixture(log),
    ]),
    node: [['--root', machine]],
    policy: [['test', '--help']],
    rank: [roots],
    // No cluster is asked: there is no such kubeconfig, nor need there be kubectl.
    reports: [['--help'], ['show', 'node/none', '--kubeconfig', '/dev/null/none']],
    simulate: [roots],
  }
}

/**
 * Else hash tables have another order each time, and what is compiled depends on when threads run. V8 takes what was kept
 * with other flags than its own from these two alone (src/flags/flags.cc, "predictable code caching").
 */
const SAME_BYTES = ['--random-seed=1', '--predictable']

/** Those of the chart's NODE_OPTIONS for it: with others V8 compiles it anew. */
export const OPERATOR_FLAGS = ['--max-semi-space-size=4']

/**
 * Puts what V8 compiles of each command in a typical call, and of the operator until it begins, beside them: the same bytes on every
 * machine, of the same Node.js.
 * @param folder holds dist/
 * @param node how the Node.js is started that is to read them
 */
export function warmParts(folder: string, node: readonly [string, ...string[]] = [process.execPath]): void {
  const [program, ...before] = node
  const compile = (flags: readonly string[], script: string, ...args: readonly string[]): void => {
    const argv = [...before, ...SAME_BYTES, ...flags, resolve(import.meta.dirname, script), ...args]
    // Without an environment. What a call complains of is told only where all fails.
    execFileSync(program, argv, { cwd: folder, env: {}, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  const machine = mkdtempSync(join(tmpdir(), 'oomkeeper-example-'))
  try {
    writeExampleMachine(machine)
    const calls = typicalCalls(machine)
    for (const part of globSync('dist/cli-*.cjs', { cwd: folder }).toSorted()) {
      const command = basename(part, '.cjs').slice('cli-'.length)
      compile([], 'codeCache.ts', part, JSON.stringify(calls[command] ?? [['--help']]))
    }
    compile(OPERATOR_FLAGS, 'programCache.ts', 'dist/operator-part.cjs')
  } finally {
    rmSync(machine, { recursive: true, force: true })
  }
}
