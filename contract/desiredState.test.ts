import { describe, expect, it } from '@jest/globals'
import { MAX_CMDLINE_CHARS, type DesiredRule } from './desiredRule.ts'
import {
  MAX_CONTAINER_RULES,
  MAX_DESIRED_CONTAINERS,
  MAX_DESIRED_RULES,
  MAX_RULES_BYTES,
  decodeDesiredState,
  encodeDesiredState,
  type DesiredState,
} from './desiredState.ts'

const NATS_MAX_PAYLOAD = 1024 * 1024
const UID = '0b8f0a53-5c1e-4b0e-9d0c-6f3f5b1f9d11'
const RULE: DesiredRule = {
  policy: 'batch-first',
  uid: UID,
  generation: 3,
  mode: 'Enforce',
  score: { value: 500 },
  holdForSeconds: 86_400,
  allowCrossQoS: false,
  allowUnlimited: false,
}
const CONTAINER = { podUid: UID, name: 'app', containerId: 'a'.repeat(64), rules: [0] }
const STATE: DesiredState = { version: 2, node: 'node-a', rules: [RULE], containers: [CONTAINER] }

const withRule = (changes: object): string => JSON.stringify({ ...STATE, rules: [{ ...RULE, ...changes }] })
const withContainer = (changes: object): string =>
  JSON.stringify({ ...STATE, containers: [{ ...CONTAINER, ...changes }] })

describe('decodeDesiredState', () => {
  it('reads what encodeDesiredState wrote', () => {
    const processes = [
      { command: 'postgres', init: true as const },
      { exe: 'java*', cmdline: '-Dname=(a|b)' },
    ]
    const rules: DesiredRule[] = [
      { ...RULE, score: { delta: -300 }, processes },
      { ...RULE, killScope: 'Process' },
    ]
    const state = { ...STATE, rules, containers: [{ ...CONTAINER, rules: [0, 1] }] }
    expect(decodeDesiredState(encodeDesiredState(state), 'node-a')).toEqual({ ok: true, state })
  })

  it('takes a container that has not started yet', () => {
    const { containerId: _, ...waiting } = CONTAINER
    const state = { ...STATE, containers: [waiting] }
    expect(decodeDesiredState(JSON.stringify(state), 'node-a')).toEqual({ ok: true, state })
  })

  it('refuses the state of another node', () => {
    expect(decodeDesiredState(encodeDesiredState(STATE), 'node-b')).toEqual({
      ok: false,
      reason: 'node: expected node-b, got node-a',
    })
  })

  it.each([
    [1, 'version: expected 2, got 1: the operator is older, upgrade it'],
    [3, 'version: expected 2, got 3: this agent is older, upgrade it'],
  ])('refuses version %s, and says who is to be upgraded', (version, reason) => {
    expect(decodeDesiredState(JSON.stringify({ ...STATE, version }), 'node-a')).toEqual({ ok: false, reason })
  })

  it.each([
    ['{', 'expected JSON'],
    ['{}', 'version: '],
    [withRule({ score: { value: -1000 } }), 'rules.0.score'],
    [withRule({ score: { value: 1, delta: 1 } }), 'rules.0.score'],
    [withRule({ processes: [] }), 'rules.0.processes: '],
    [withRule({ processes: [{ cmdline: 'a'.repeat(MAX_CMDLINE_CHARS + 1) }] }), 'rules.0.processes.0.cmdline: '],
    [withRule({ processes: [{ command: 'a\nb' }] }), 'rules.0.processes.0.command: '],
    [withRule({ holdForSeconds: 59 }), 'rules.0.holdForSeconds: '],
    [withContainer({ containerId: '../x' }), 'containers.0.containerId: '],
    [withContainer({ podUid: '../x' }), 'containers.0.podUid: '],
    [withContainer({ name: 'A/b' }), 'containers.0.name: '],
    [withContainer({ rules: [] }), 'containers.0.rules: '],
    [withContainer({ rules: [1] }), 'containers.0.rules: expected places of 1 rules, ascending, got 1'],
    [withContainer({ rules: [0, 0] }), 'containers.0.rules: expected places'],
  ])('says what was expected: case %#', (text, reason) => {
    expect(decodeDesiredState(text, 'node-a')).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })
})

describe('encodeDesiredState', () => {
  it('never writes a score that exempts a process from the OOM killer', () => {
    expect(() => encodeDesiredState({ ...STATE, rules: [{ ...RULE, score: { value: -1000 } }] })).toThrow(/score/)
  })

  it('fits into one message of NATS with the most containers, of the longest names and the most rules', () => {
    const policy = 'p'.repeat(253)
    const bare = Buffer.byteLength(JSON.stringify([{ ...RULE, policy, processes: [{ cmdline: '' }] }]))
    const room = MAX_RULES_BYTES / MAX_DESIRED_RULES - bare
    const cmdline = '.'.repeat(Math.min(room, MAX_CMDLINE_CHARS))
    const processes = Array.from({ length: Math.floor(room / (cmdline.length + 15)) }, () => ({ cmdline }))
    const rules = Array.from({ length: MAX_DESIRED_RULES }, () => ({ ...RULE, policy, processes }))
    expect(Buffer.byteLength(JSON.stringify(rules))).toBeGreaterThan(MAX_RULES_BYTES * 0.9)
    const places = Array.from({ length: MAX_CONTAINER_RULES }, (_, index) => MAX_DESIRED_RULES - 16 + index)
    const container = { ...CONTAINER, name: 'n'.repeat(63), rules: places }
    const containers = Array.from({ length: MAX_DESIRED_CONTAINERS }, () => container)
    const text = encodeDesiredState({ version: 2, node: 'n'.repeat(253), rules, containers })
    expect(Buffer.byteLength(text)).toBeLessThan(NATS_MAX_PAYLOAD)
  })
})
