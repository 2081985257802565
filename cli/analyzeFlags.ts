import { withDefault, type Operand } from '#program/flags.ts'
import { textSchema } from './textSchema.ts'

export type AnalyzeOutput = 'json'

const output = textSchema<AnalyzeOutput>(
  (text) => (text === 'json' ? text : undefined),
  'only json is there so far; give --output json',
)

export const analyzeFlags = {
  output: withDefault(output, 'json', 'text', 'for programs'),
}

export const analyzeOperand: Operand = {
  placeholder: '[FILE]',
  help: 'a kernel log in any form, plain or gzip; - or nothing is the standard input. Exit code 1: no OOM event in it',
}
