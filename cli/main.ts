import { EXIT, isProgramError, messageOf } from '#program/errors.ts'
import { VERSION } from '#program/version.ts'
import { refuse, say, type CommandModule } from './adapters/answer.ts'

/*
 * Not program/run.ts: no logger and no signals, since a command prints its answer and ends. What is imported here is
 * loaded by each call, so it is next to nothing.
 */

interface Command {
  about: string
  /** Loaded when it is called: a command pays for its own code alone. */
  load(): Promise<CommandModule>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  analyze: {
    about: 'what the kernel said of its OOM kills, from a log that was saved',
    load: () => import('./commands/analyze.ts'),
  },
  node: {
    about: "this node's settings for when memory runs out, each judged",
    load: () => import('./commands/node.ts'),
  },
  policy: {
    about: 'what an OOMPolicy would do in a cluster, before it does it',
    load: () => import('./commands/policy.ts'),
  },
  rank: {
    about: "whom the kernel's OOM killer would take next, the likeliest first",
    load: () => import('./commands/rank.ts'),
  },
  reports: {
    about: 'what was killed in the cluster, why, and live; `kubectl oom` is the same',
    load: () => import('./commands/reports.ts'),
  },
  simulate: {
    about: 'who dies if memory runs out now, who next, what a score changes',
    load: () => import('./commands/simulate.ts'),
  },
}

function usage(): string {
  const names = Object.keys(COMMANDS)
  const width = Math.max(...names.map((name) => name.length))
  const list = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`)
  return [
    'Usage: oomkeeper COMMAND [flags]',
    '',
    ...list,
    '',
    'oomkeeper help COMMAND lists its flags, with calls to copy.',
  ].join('\n')
}

/** @returns the exit code. */
async function run([command, ...argv]: readonly string[]): Promise<number> {
  if (command === 'help' && argv[0] !== undefined) return run([argv[0], '--help'])
  const known = command === undefined || !Object.hasOwn(COMMANDS, command) ? undefined : COMMANDS[command]
  const name = known === undefined ? 'oomkeeper' : `oomkeeper ${command}`
  try {
    if (command === '--help' || command === '-h' || command === 'help') return say(usage())
    if (command === '--version') return say(`oomkeeper ${VERSION}`)
    if (known !== undefined) return await (await known.load()).run(name, argv)
  } catch (error) {
    if (isProgramError(error)) return refuse(name, [error.message], error.exitCode)
    return refuse(name, [`unforeseen error: ${messageOf(error)}; please report it`], EXIT.environment)
  }
  const got = command === undefined ? 'nothing' : `"${command}"`
  return refuse(name, [`expected a command, got ${got}: --help lists them`], EXIT.usage)
}

process.exitCode = await run(process.argv.slice(2))
