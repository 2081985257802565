import { ProcFiles } from '#program/adapters/procFiles.ts'
import { EXIT, ProgramError, messageOf } from '#program/errors.ts'
import { parseFlags } from '#program/flags.ts'
import { VERSION } from '#program/version.ts'
import { rank, type RankPorts } from './rank.ts'
import { findConflicts, rankFlags } from './rankFlags.ts'

/*
 * Not program/run.ts: no logger and no signals, since a command prints its answer and ends. What is imported here is
 * loaded by each call, so zod, nats and the Kubernetes client stay out.
 */

const USAGE = `Usage: oomkeeper COMMAND [flags]

  rank    the processes that the kernel's OOM killer would take next, the likeliest first

oomkeeper COMMAND --help lists its flags.`

/** @returns the exit code. */
async function run([command, ...argv]: readonly string[]): Promise<number> {
  if (command === '--help' || command === '-h') return say(USAGE)
  if (command === '--version') return say(`oomkeeper ${VERSION}`)
  if (command !== 'rank') {
    const got = command === undefined ? 'nothing' : `"${command}"`
    return refuse('oomkeeper', [`expected a command, got ${got}: rank is one; --help lists them`], EXIT.usage)
  }
  const name = `oomkeeper ${command}`
  const parsed = parseFlags(name, rankFlags, argv, process.env)
  if (parsed.kind === 'help') return say(parsed.text)
  if (parsed.kind === 'version') return say(`oomkeeper ${VERSION}`)
  if (parsed.kind === 'problems') return refuse(name, parsed.problems, EXIT.usage)
  const conflicts = findConflicts(parsed.values)
  if (conflicts.length > 0) return refuse(name, conflicts, EXIT.usage)
  try {
    return say(await rank(parsed.values, { openProc: (root) => new ProcFiles(root), readNode }))
  } catch (error) {
    if (error instanceof ProgramError) return refuse(name, [error.message], error.exitCode)
    return refuse(name, [`unforeseen error: ${messageOf(error)}; please report it`], EXIT.environment)
  }
}

/** Loaded only when asked for: it needs zod. */
async function readNode(...args: Parameters<RankPorts['readNode']>): ReturnType<RankPorts['readNode']> {
  const { readNodeRanking } = await import('./adapters/nodeRanking.ts')
  return readNodeRanking(...args)
}

function say(text: string): number {
  console.log(text)
  return EXIT.ok
}

function refuse(name: string, problems: readonly string[], exitCode: number): number {
  for (const problem of problems) console.error(`${name}: ${messageOf(problem)}`)
  return exitCode
}

process.exitCode = await run(process.argv.slice(2))
