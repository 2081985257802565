import { beforeEach, describe, expect, it } from '@jest/globals'
import type { NodeWord } from '../policies/release.ts'
import { restoreScores, type Restored, type RestorePorts } from './restoreScores.ts'

const APPLIED = { containerId: 'c1', outcomes: [{ rule: 0, outcome: 'applied', processes: 1 }] } as const
const NOTHING = { rules: [], reasons: [], containers: [] }
const HELD = { ...NOTHING, containers: [{ ...APPLIED, outcomes: [...APPLIED.outcomes] }] }

let steps: string[]
let keys: string[]
let said: Map<string, NodeWord>
let heard: Set<string>
let nowMs: number
/** The revision of what says that a state is deleted. */
let deletedAt: number | undefined
/** What the nodes do while they are waited for. */
let onSleep: () => void

const restore = (changes: Partial<RestorePorts> = {}): Promise<Restored> =>
  restoreScores({
    stopOperator: () => {
      steps.push('stop')
      return Promise.resolve(() => Promise.resolve(void steps.push('start')))
    },
    heldPolicies: () => Promise.resolve(['p']),
    release: (policy) => Promise.resolve(void steps.push(`release ${policy}`)),
    connect: () =>
      Promise.resolve({
        words: { said, heard },
        bucket: {
          readAll: () => Promise.resolve(new Map(keys.map((key) => [key, { state: '', revision: 1 }]))),
          read: () => Promise.resolve(deletedAt === undefined ? undefined : { revision: deletedAt }),
          put: () => Promise.reject(new Error('nothing is put')),
          renewLease: () => Promise.reject(new Error('nothing is renewed')),
          readLease: () => Promise.reject(new Error('nobody asks')),
          delete: (token) => Promise.resolve(steps.push(`delete ${token}`) && 9),
        },
      }),
    monotonicMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms
      onSleep()
      return Promise.resolve()
    },
    limitMs: 60_000,
    ...changes,
  })

const speak = (token: string, word: NodeWord): void => {
  said.set(token, word)
  heard.add(token)
}

beforeEach(() => {
  steps = []
  keys = ['node-a']
  said = new Map([['node-a', { ...HELD, desiredRevision: 8, restoring: 0 }]])
  heard = new Set()
  nowMs = 0
  deletedAt = undefined
  onSleep = () => undefined
})

describe('restoreScores', () => {
  it('stops the operator, empties the desired state, waits for the node and then lets the policies go', async () => {
    onSleep = () => speak('node-a', { ...NOTHING, desiredRevision: 9, restoring: 0 })
    expect(await restore()).toEqual({ kind: 'restored', policies: 1, nodes: 1, silent: [] })
    expect(steps).toEqual(['stop', 'delete node-a', 'release p'])
  })

  it('asks no NATS where no policy can have written', async () => {
    const connect = () => Promise.reject(new Error('no NATS'))
    expect(await restore({ heldPolicies: () => Promise.resolve([]), connect })).toEqual({ kind: 'nothingHeld' })
    expect(steps).toEqual(['stop'])
  })

  it('waits for a node whose state is gone and which still holds something back', async () => {
    keys = []
    said = new Map([['node-b', { ...NOTHING, desiredRevision: 8, restoring: 2 }]])
    onSleep = () => nowMs > 500 && speak('node-b', { ...NOTHING, desiredRevision: 8, restoring: 0 })
    expect(await restore()).toMatchObject({ kind: 'restored', nodes: 1 })
    expect(nowMs).toBeGreaterThan(500)
  })

  it('waits for a node whose state was deleted by a run that was killed then, whatever it says of scores', async () => {
    keys = []
    deletedAt = 9
    said = new Map([['node-a', { ...NOTHING, desiredRevision: 8, restoring: 0 }]])
    onSleep = () => nowMs > 500 && speak('node-a', { ...NOTHING, desiredRevision: 9, restoring: 0 })
    expect(await restore()).toEqual({ kind: 'restored', policies: 1, nodes: 1, silent: [] })
    expect(nowMs).toBeGreaterThan(500)
    expect(steps).toEqual(['stop', 'release p'])
  })

  it('goes without a node whose agent does not speak, and names it', async () => {
    expect(await restore()).toEqual({ kind: 'restored', policies: 1, nodes: 0, silent: ['node-a'] })
    expect(steps.at(-1)).toBe('release p')
  })

  it('fails for a node that speaks and does not manage, keeps the policies and starts the operator again', async () => {
    onSleep = () => speak('node-a', { ...NOTHING, desiredRevision: 9, restoring: 1 })
    expect(await restore()).toEqual({ kind: 'failed', nodes: ['node-a'] })
    expect(steps).toEqual(['stop', 'delete node-a', 'start'])
  })

  it('starts the operator again when NATS cannot be reached', async () => {
    await expect(restore({ connect: () => Promise.reject(new Error('no NATS')) })).rejects.toThrow('no NATS')
    expect(steps).toEqual(['stop', 'start'])
  })
})
