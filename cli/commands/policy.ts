import { EXIT, isProgramError, printable } from '#program/errors.ts'
import { parseFlags } from '#program/flags.ts'
import { answerFlags, refuse, say } from '../adapters/answer.ts'
import { findConflicts, policyTestAbout, policyTestFlags } from '../policy/policyFlags.ts'

const usage = (name: string): string =>
  [
    `Usage: ${name} COMMAND [flags]`,
    '',
    '  test  what policies would do in a cluster, before they do it',
    '',
    `${name} test --help lists its flags, with calls to copy.`,
  ].join('\n')

export async function run(name: string, [command, ...argv]: readonly string[]): Promise<number> {
  if (command === '--help' || command === '-h' || command === 'help') return say(usage(name))
  if (command === 'test') return runTest(`${name} test`, argv)
  const got = command === undefined ? 'nothing' : `"${command}"`
  return refuse(name, [`expected a command, got ${got}: --help lists them`], EXIT.usage)
}

async function runTest(name: string, argv: readonly string[]): Promise<number> {
  const examples = policyTestAbout.examples?.map((call) => call.replace(/^oomkeeper policy test/, name)) ?? []
  const parsed = parseFlags(name, policyTestFlags, argv, process.env, { ...policyTestAbout, examples })
  if (parsed.kind !== 'values') return answerFlags(name, parsed)
  const flags = parsed.values
  const conflicts = findConflicts(flags)
  if (conflicts.length > 0) return refuse(name, conflicts, EXIT.usage)
  // Loaded only when asked for: it needs zod.
  const { policyWorld } = await import('../adapters/policyWorld.ts')
  const { testPolicies } = await import('../policy/testPolicies.ts')
  const warn = (text: string): void => void process.stderr.write(`${name}: ${printable(text)}\n`)
  try {
    return await testPolicies(flags, { ...policyWorld(flags), warn })
  } catch (error) {
    // With both words before it, as it was called.
    if (isProgramError(error)) return refuse(name, [error.message], error.exitCode)
    throw error
  }
}
