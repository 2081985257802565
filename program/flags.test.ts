import { describe, expect, it } from '@jest/globals'
import { flagSchemas } from './flagSchemas.ts'
import { argumentOnly, lettered, optional, parseFlags, required, switchedOff, withDefault } from './flags.ts'

const flags = {
  natsUrl: required(flagSchemas.url(['nats:']), 'URL', 'the NATS server'),
  listen: withDefault(flagSchemas.listen, 'HOST:PORT', '127.0.0.1:9464', 'where to serve'),
  logLevel: withDefault(flagSchemas.logLevel, 'LEVEL', 'info', 'how much to say'),
  context: optional(flagSchemas.text, 'NAME', 'which context'),
}
const parse = (argv: string[], env: Record<string, string> = {}) => parseFlags('program', flags, argv, env)

describe('parseFlags', () => {
  it('takes flags, defaults and absent ones', () => {
    expect(parse(['--nats-url', 'nats://127.0.0.1:4222', '--listen=[::1]:80'])).toEqual({
      kind: 'values',
      values: { natsUrl: 'nats://127.0.0.1:4222', listen: { host: '::1', port: 80 }, logLevel: 'info' },
    })
  })

  it('takes the environment twin, and the flag over it', () => {
    const env = { OOMKEEPER_NATS_URL: 'nats://a:1', OOMKEEPER_CONTEXT: 'x' }
    expect(parse([], env)).toMatchObject({ values: { natsUrl: 'nats://a:1', context: 'x' } })
    expect(parse(['--nats-url', 'nats://b:1'], env)).toMatchObject({ values: { natsUrl: 'nats://b:1' } })
  })

  it('takes a switch without a value, in any place, and its twin', () => {
    const switches = { verbose: switchedOff('more'), top: withDefault(flagSchemas.text, 'N', '10', 'how many') }
    const operand = { placeholder: '[FILE]', help: 'a file' }
    const read = (argv: string[], env = {}) => parseFlags('program', switches, argv, env, { operand })
    expect(read(['--verbose', 'x.log', '--top', '3'])).toEqual({
      kind: 'values',
      values: { verbose: true, top: '3' },
      operand: 'x.log',
    })
    expect(read([])).toMatchObject({ values: { verbose: false } })
    expect(read([], { OOMKEEPER_VERBOSE: 'true' })).toMatchObject({ values: { verbose: true } })
    expect(read(['--verbose=maybe'])).toEqual({
      kind: 'problems',
      problems: ['--verbose: expected true|false, got "maybe": it must be true or false'],
    })
  })

  it('takes letters as kubectl does, and as many operands as there may be', () => {
    const letters = {
      namespace: lettered('n', optional(flagSchemas.text, 'NAMESPACE', 'which one')),
      allNamespaces: lettered('A', switchedOff('all of them')),
    }
    const operand = { placeholder: 'REPORT [KILL]', help: 'what', most: 2 }
    const read = (...argv: string[]) => parseFlags('program', letters, argv, {}, { operand })
    expect(read('-n', 'shop', 'web', '2', '-A')).toEqual({
      kind: 'values',
      values: { namespace: 'shop', allNamespaces: true },
      operand: 'web',
      operands: ['web', '2'],
    })
    expect(read('-nshop')).toMatchObject({ values: { namespace: 'shop' }, operands: [] })
    expect(read('a', 'b', 'c')).toEqual({
      kind: 'problems',
      problems: ['expected at most REPORT [KILL], got "c"'],
    })
    const help = read('--help')
    expect(help.kind === 'help' && help.text).toContain('  -n, --namespace NAMESPACE\n')
  })

  it('says of a value behind a switch that it takes none', () => {
    const switches = { node: switchedOff('the whole node') }
    const parsed = parseFlags('program', switches, ['--node', 'node-a'], {})
    expect(parsed).toEqual({ kind: 'problems', problems: ['--node: expected no value, got "node-a"'] })
  })

  it('suggests what begins alike, but nothing for a letter', () => {
    const problems = ['--listener', '-l'].map((flag) => parse(['--nats-url', 'nats://a:1', flag]))
    expect(problems).toEqual([
      { kind: 'problems', problems: ['--listener: no such flag; did you mean --listen?'] },
      { kind: 'problems', problems: ['-l: no such flag; --help lists them'] },
    ])
  })

  it('reports every problem at once', () => {
    const parsed = parse(['--nats-ulr', 'x', 'stray', '--listen', 'nowhere', '--log-level'], { OOMKEEPER_CONTEXT: '' })
    expect(parsed.kind === 'problems' && parsed.problems).toEqual([
      '--nats-ulr: no such flag; --help lists them',
      expect.stringContaining('got "stray"'),
      '--log-level: expected a value, got none',
      '--nats-url: expected URL (or OOMKEEPER_NATS_URL), got nothing: the NATS server',
      '--listen: expected HOST:PORT, got "nowhere": it must look like 127.0.0.1:9090',
    ])
  })

  it('names the variable when the bad value came from there', () => {
    const parsed = parse([], { OOMKEEPER_NATS_URL: 'http://x' })
    expect(parsed.kind === 'problems' && parsed.problems).toEqual([
      'OOMKEEPER_NATS_URL: expected URL, got "http://x": it must start with nats://',
    ])
  })

  it('takes one operand where the program has one', () => {
    const withFile = (...argv: string[]) =>
      parseFlags('program', { context: flags.context }, argv, {}, { operand: { placeholder: '[FILE]', help: 'a log' } })
    expect(withFile('--context', 'x', 'a.log')).toEqual({ kind: 'values', values: { context: 'x' }, operand: 'a.log' })
    expect(withFile('-')).toMatchObject({ operand: '-' })
    expect(withFile('a', 'b')).toEqual({ kind: 'problems', problems: ['expected one [FILE], got "b"'] })
    const help = withFile('--help')
    expect(help.kind === 'help' && help.text).toMatch(/^Usage: program \[flags\] \[FILE\]\n\n {2}\[FILE\]\n {6}a log/)
  })

  it('leaves a variable alone that means something else to another program', () => {
    const whole = { node: argumentOnly(switchedOff('the whole node')) }
    expect(parseFlags('program', whole, [], { OOMKEEPER_NODE: 'node-a' })).toMatchObject({ values: { node: false } })
  })

  it('explains itself', () => {
    const parsed = parse(['--help'])
    expect(parsed.kind === 'help' && parsed.text).toContain(
      '--nats-url URL\n      the NATS server (required); OOMKEEPER_NATS_URL',
    )
  })
})
