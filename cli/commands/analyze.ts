import { EXIT } from '#program/errors.ts'
import { parseFlags } from '#program/flags.ts'
import { answerFlags, refuse } from '../adapters/answer.ts'
import { readLogFile } from '../adapters/logFile.ts'
import { withProgress } from '../adapters/progress.ts'
import { isTerminal, showsColor, STDERR, writeOut } from '../adapters/standardOutput.ts'
import { analyze } from '../analyze.ts'
import { analyzeAbout, analyzeFlags } from '../analyzeFlags.ts'

export async function run(name: string, argv: readonly string[]): Promise<number> {
  const parsed = parseFlags(name, analyzeFlags, argv, process.env, analyzeAbout)
  if (parsed.kind !== 'values') return answerFlags(name, parsed)
  const { values, operand } = parsed
  if (operand === undefined && process.stdin.isTTY) {
    return refuse(name, ['expected FILE or a log on the standard input, got neither'], EXIT.usage)
  }
  await analyze(values, operand ?? '-', {
    readLog: (path) => withProgress(readLogFile(path), path, { isTTY: isTerminal(STDERR), write: writeError }),
    write: writeOut,
    hasColor: showsColor(process.env),
  })
  return EXIT.ok
}

/** Asked for `process.stderr`, node loads its streams: only where there is something to say. */
function writeError(text: string): void {
  process.stderr.write(text)
}
