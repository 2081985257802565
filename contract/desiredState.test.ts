import { describe, expect, it } from '@jest/globals'
import { decodeDesiredState, encodeDesiredState, type DesiredState } from './desiredState.ts'

const UID = '0b8f0a53-5c1e-4b0e-9d0c-6f3f5b1f9d11'
const STATE: DesiredState = {
  version: 1,
  node: 'node-a',
  containers: [{ podUid: UID, name: 'app', containerId: 'a'.repeat(64), oomScoreAdj: 500, policy: 'batch-first' }],
}
const container = STATE.containers[0]

describe('decodeDesiredState', () => {
  it('reads what encodeDesiredState wrote', () => {
    expect(decodeDesiredState(encodeDesiredState(STATE), 'node-a')).toEqual({ ok: true, state: STATE })
  })

  it('takes a container that has not started yet', () => {
    const { containerId: _, ...waiting } = STATE.containers[0] ?? {}
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
    ['{', 'expected JSON'],
    [JSON.stringify({ ...STATE, version: 2 }), 'version: '],
    [JSON.stringify({ ...STATE, containers: [{ ...container, oomScoreAdj: -1000 }] }), 'containers.0.oomScoreAdj: '],
    [JSON.stringify({ ...STATE, containers: [{ ...container, containerId: '../x' }] }), 'containers.0.containerId: '],
    [JSON.stringify({ ...STATE, containers: [{ ...container, podUid: '../x' }] }), 'containers.0.podUid: '],
    [JSON.stringify({ ...STATE, containers: [{ ...container, name: 'A/b' }] }), 'containers.0.name: '],
  ])('says what was expected: case %#', (text, reason) => {
    expect(decodeDesiredState(text, 'node-a')).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })
})

describe('encodeDesiredState', () => {
  it('never writes a score that exempts a process from the OOM killer', () => {
    const exempt = { ...STATE, containers: [{ podUid: UID, name: 'app', policy: 'x', oomScoreAdj: -1000 }] }
    expect(() => encodeDesiredState(exempt)).toThrow(/oomScoreAdj/)
  })
})
