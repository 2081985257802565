import type { Flags, Operand } from './flags.ts'
import { flagName, variableName } from './flagNames.ts'

/** What a program says of itself beside its flags. */
export interface About {
  summary?: string
  operand?: Operand
  /** Calls that people copy. */
  examples?: readonly string[]
  /** By code, where they mean more than every program's. */
  exitCodes?: Readonly<Record<number, string>>
}

const WIDTH = 80
const INDENT = '      '
const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'ended as asked',
  2: 'wrong flags or input',
  3: 'the machine or a server it needs does not allow it',
}

/** What --help prints, in 80 columns. */
export function formatUsage(program: string, flags: Flags, about: About): string {
  const { summary, operand, examples = [], exitCodes } = about
  const takes = operand === undefined ? '' : ` ${operand.placeholder}`
  const codes = Object.entries({ ...EXIT_CODES, ...exitCodes })
  return [
    `Usage: ${program} [flags]${takes}`,
    ...(summary === undefined ? [] : ['', ...wrap(summary, '')]),
    ...(examples.length === 0 ? [] : ['', 'Examples:', ...examples.map((call) => `  ${call}`)]),
    '',
    ...(operand === undefined ? [] : [`  ${operand.placeholder}`, ...wrap(operand.help, INDENT), '']),
    hasTwins(flags) ? 'Flags, each with its twin in the environment, which it wins over:' : 'Flags:',
    ...Object.entries(flags).flatMap(([key, flag]) => aboutFlag(key, flag)),
    '  -h, --help',
    '  --version',
    '',
    'Exit codes:',
    ...codes.flatMap(([code, meaning]) =>
      wrap(meaning, '     ').map((line, at) => (at === 0 ? `  ${code}${line.slice(3)}` : line)),
    ),
  ].join('\n')
}

function hasTwins(flags: Flags): boolean {
  return Object.values(flags).some(({ isArgumentOnly }) => !isArgumentOnly)
}

function aboutFlag(key: string, flag: Flags[string]): string[] {
  const letter = flag.letter === undefined ? '' : `-${flag.letter}, `
  const head = flag.isSwitch ? `  ${letter}--${flagName(key)}` : `  ${letter}--${flagName(key)} ${flag.placeholder}`
  const fallback =
    flag.default === undefined
      ? ' (required)'
      : flag.default === null || flag.isSwitch
        ? ''
        : ` (default ${flag.default})`
  const twin = flag.isArgumentOnly ? '' : `; ${variableName(key)}`
  return [head, ...wrap(`${flag.help}${fallback}${twin}`, INDENT)]
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line !== indent && line.length + word.length > WIDTH) {
      lines.push(line.trimEnd())
      line = indent
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()]
}
