import { optional, switchedOff, withDefault } from '#program/flags.ts'
import type { About } from '#program/usage.ts'
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

export const analyzeAbout: About = {
  summary:
    "Reads the OOM kills of a kernel's log in any form, of kernels 2.6 to 6.18, and explains each: who asked, which limit was hit, where the memory went, why this process, and what to do.",
  operand: { placeholder: '[FILE]', help: 'the log, plain or gzip; - or nothing is the standard input' },
  examples: [
    'dmesg | oomkeeper analyze',
    'oomkeeper analyze /var/log/kern.log.2.gz',
    'oomkeeper analyze --event 3 --output markdown saved.log',
  ],
  exitCodes: {
    1: 'there is no OOM event in the log',
    2: 'wrong flags, or the log is empty, binary or cannot be read',
  },
}
