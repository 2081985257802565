import { describe, expect, it } from '@jest/globals'
import { argumentOnly, optional, switchedOff, withDefault } from './flags.ts'
import { flagSchemas } from './flagSchemas.ts'
import { formatUsage } from './usage.ts'

const flags = {
  stateDir: withDefault(flagSchemas.text, 'FOLDER', '/var/lib/x', `where what is ${'kept '.repeat(20)}stands`),
  context: optional(flagSchemas.text, 'NAME', 'which context'),
  all: argumentOnly(switchedOff('everything')),
}

describe('formatUsage', () => {
  it('tells what it is for, calls to copy, each flag with its twin, and the exit codes, in 80 columns', () => {
    const text = formatUsage('program', flags, {
      summary: 'Shows what there is.',
      operand: { placeholder: '[FILE]', help: 'a log' },
      examples: ['program --all'],
      exitCodes: { 0: 'shown', 1: `nothing ${'at all '.repeat(12)}there` },
    })
    const lines = text.split('\n')
    expect(lines.slice(0, 9)).toEqual([
      'Usage: program [flags] [FILE]',
      '',
      'Shows what there is.',
      '',
      'Examples:',
      '  program --all',
      '',
      '  [FILE]',
      '      a log',
    ])
    expect(text).toContain('  --context NAME\n      which context; OOMKEEPER_CONTEXT\n  --all\n      everything\n')
    expect(text).toContain(' stands (default /var/lib/x);\n      OOMKEEPER_STATE_DIR\n')
    expect(text).toMatch(
      /\nExit codes:\n {2}0 {2}shown\n {2}1 {2}nothing .*\n {5}\S.* there\n {2}2 {2}wrong flags or input\n {2}3 /,
    )
    expect(lines.filter((line) => line.length > 80)).toEqual([])
  })
})
