import { EXIT } from '#program/errors.ts'
import { parseFlags } from '#program/flags.ts'
import { answerFlags, refuse } from '../adapters/answer.ts'
import { openMachine } from '../adapters/localMachine.ts'
import { showsColor, writeOut } from '../adapters/standardOutput.ts'
import { simulate } from '../simulate.ts'
import { findConflicts, simulateAbout, simulateFlags } from '../simulateFlags.ts'

export async function run(name: string, argv: readonly string[]): Promise<number> {
  const parsed = parseFlags(name, simulateFlags, argv, process.env, simulateAbout)
  if (parsed.kind !== 'values') return answerFlags(name, parsed)
  const conflicts = findConflicts(parsed.values)
  if (conflicts.length > 0) return refuse(name, conflicts, EXIT.usage)
  const ports = { openMachine, hasColor: showsColor(process.env) }
  const { text, exitCode } = await simulate(parsed.values, ports)
  writeOut(`${text}\n`, exitCode)
  return exitCode
}
