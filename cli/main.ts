import { ProcFiles } from '#program/adapters/procFiles.ts'
import { EXIT, ProgramError, messageOf } from '#program/errors.ts'
import { parseFlags, type ParsedFlags, type Flags } from '#program/flags.ts'
import { VERSION } from '#program/version.ts'
import { readLogFile } from './adapters/logFile.ts'
import { withProgress } from './adapters/progress.ts'
import { isTerminal, writeOut } from './adapters/standardOutput.ts'
import { analyze } from './analyze.ts'
import { analyzeFlags, analyzeOperand } from './analyzeFlags.ts'
import { rank, type RankPorts } from './rank.ts'
import { findConflicts, rankFlags } from './rankFlags.ts'

/*
 * Not program/run.ts: no logger and no signals, since a command prints its answer and ends. What is imported here is
 * loaded by each call, so zod, nats and the Kubernetes client stay out.
 */

const USAGE = `Usage: oomkeeper COMMAND [flags]

  analyze  what the kernel said of its OOM kills, read from a log that was saved
  rank     the processes that the kernel's OOM killer would take next, the likeliest first

oomkeeper COMMAND --help lists its flags.`

type Command = (name: string, argv: readonly string[]) => Promise<number>

const COMMANDS: Readonly<Record<string, Command>> = { analyze: runAnalyze, rank: runRank }

/** @returns the exit code. */
async function run([command, ...argv]: readonly string[]): Promise<number> {
  if (command === '--help' || command === '-h') return say(USAGE)
  if (command === '--version') return say(`oomkeeper ${VERSION}`)
  const runCommand = command === undefined || !Object.hasOwn(COMMANDS, command) ? undefined : COMMANDS[command]
  if (runCommand === undefined) {
    const got = command === undefined ? 'nothing' : `"${command}"`
    return refuse('oomkeeper', [`expected a command, got ${got}: --help lists them`], EXIT.usage)
  }
  const name = `oomkeeper ${command}`
  try {
    return await runCommand(name, argv)
  } catch (error) {
    if (error instanceof ProgramError) return refuse(name, [error.message], error.exitCode)
    return refuse(name, [`unforeseen error: ${messageOf(error)}; please report it`], EXIT.environment)
  }
}

async function runAnalyze(name: string, argv: readonly string[]): Promise<number> {
  const parsed = parseFlags(name, analyzeFlags, argv, process.env, analyzeOperand)
  if (parsed.kind !== 'values') return answer(name, parsed)
  const { values, operand } = parsed
  if (operand === undefined && process.stdin.isTTY) {
    return refuse(name, ['expected FILE or a log on the standard input, got neither'], EXIT.usage)
  }
  await analyze(values, operand ?? '-', {
    readLog: (path) => withProgress(readLogFile(path), path, process.stderr),
    write: writeOut,
    // https://no-color.org
    hasColor: isTerminal() && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
  })
  return EXIT.ok
}

async function runRank(name: string, argv: readonly string[]): Promise<number> {
  const parsed = parseFlags(name, rankFlags, argv, process.env)
  if (parsed.kind !== 'values') return answer(name, parsed)
  const conflicts = findConflicts(parsed.values)
  if (conflicts.length > 0) return refuse(name, conflicts, EXIT.usage)
  return say(await rank(parsed.values, { openProc: (root) => new ProcFiles(root), readNode }))
}

/** Loaded only when asked for: it needs zod. */
async function readNode(...args: Parameters<RankPorts['readNode']>): ReturnType<RankPorts['readNode']> {
  const { readNodeRanking } = await import('./adapters/nodeRanking.ts')
  return readNodeRanking(...args)
}

/** To flags that ask for no run. */
function answer(name: string, parsed: Exclude<ParsedFlags<Flags>, { kind: 'values' }>): number {
  if (parsed.kind === 'help') return say(parsed.text)
  if (parsed.kind === 'version') return say(`oomkeeper ${VERSION}`)
  return refuse(name, parsed.problems, EXIT.usage)
}

function say(text: string): number {
  console.log(text)
  return EXIT.ok
}

function refuse(name: string, problems: readonly string[], exitCode: number): number {
  for (const problem of problems) console.error(`${name}: ${messageOf(problem)}`)
  return exitCode
}

// Whoever reads the answer has had enough of it: `| head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.environment)
})
process.exitCode = await run(process.argv.slice(2))
