import { optional, switchedOff, withDefault, type Operand } from '#program/flags.ts'
import { textSchema } from './textSchema.ts'

const OUTPUTS = ['text', 'json', 'yaml', 'markdown'] as const
export type AnalyzeOutput = (typeof OUTPUTS)[number]

const output = textSchema<AnalyzeOutput>(
  (text) => OUTPUTS.find((known) => known === text),
  'it must be text, json, yaml or markdown',
)
const number = textSchema(
  (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined),
  'it must be a number from 1: the first event of the log',
)

export const analyzeFlags = {
  output: withDefault(output, OUTPUTS.join('|'), 'text', 'for people, for programs, or to be put into an issue'),
  event: optional(number, 'N', 'only the Nth event of the log; without it, all of them'),
  verbose: switchedOff('all processes, candidates and figures of each zone'),
  noColor: switchedOff('no colours, also on a terminal; so does NO_COLOR in the environment'),
}

export const analyzeOperand: Operand = {
  placeholder: '[FILE]',
  help: 'a kernel log in any form, plain or gzip; - or nothing is the standard input. Exit code 1: no OOM event in it',
}
