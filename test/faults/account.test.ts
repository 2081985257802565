import { describe, expect, it } from '@jest/globals'
import { checkAccount, formatAccount, type Account, type StoredKill } from './account.ts'

const CART = 'a'.repeat(64)
const SHOP = 'b'.repeat(64)

function stored(sequence: number, pid: number, containerId = CART): StoredKill {
  return { sequence, pid, repeats: undefined, isPlaced: true, containerId }
}

/** Four kills, of which one was overwritten before it was read, and one was made by somebody else. */
const SOUND: Account = {
  counter: 4,
  printed: [10, 20, 30, 40].map((sequence) => ({ sequence, pid: sequence * 10 })),
  made: [10, 20, 30].map((sequence) => ({ pid: sequence * 10, containerId: CART, from: sequence, to: sequence + 1 })),
  agent: { kernelKills: 4, killLines: 3, killsLost: 1, killsRecovered: 0, killsDropped: 0, killsUnseen: 0 },
  stream: [stored(10, 100), stored(30, 300), stored(40, 400, SHOP)],
  recovered: [],
  reports: 3,
  overruns: [{ from: 15, to: 25 }],
}

describe('an account', () => {
  it('holds when every kill is stored once or known to be lost', () => {
    expect(checkAccount(SOUND)).toEqual([])
    expect(formatAccount(SOUND)).toBe('counter 4 = lines 3 + lost 1, recovered 0, stream 3, victims 3, reports 3')
  })

  it('counts a kill that its container told though its line was lost', () => {
    const account = { ...SOUND, recovered: [CART], agent: { ...SOUND.agent, killsRecovered: 1 }, reports: 4 }
    expect(checkAccount(account)).toEqual([])
    expect(formatAccount(account)).toBe('counter 4 = lines 3 + lost 1, recovered 1, stream 4, victims 4, reports 4')
    const twice = { ...account, recovered: [CART, CART], agent: { ...SOUND.agent, killsRecovered: 2 }, reports: 5 }
    expect(checkAccount(twice)).toEqual([`2 kills were recovered in ${CART}, 1 were lost there`])
  })

  it('counts a victim that is told twice once', () => {
    const twice = { ...stored(40, 400), repeats: 30 }
    const account = { ...SOUND, stream: [stored(10, 100), stored(30, 300), twice], reports: 2 }
    expect(checkAccount(account)).toEqual([])
    expect(formatAccount(account)).toContain('stream 3, victims 2, reports 2')
  })

  it.each<[string, Partial<Account>, string]>([
    ['a kill that the kernel counted and nobody saw', { counter: 5 }, 'kill lines of the kernel: 4, its counter: 5'],
    ['a kill of ours without a line', { made: [{ pid: 9, containerId: CART, from: 0, to: 99 }] }, 'tells pid 9'],
    ['a line of that pid at another time', { made: [{ pid: 100, containerId: CART, from: 11, to: 99 }] }, 'pid 100'],
    ['a kill that nobody printed', { stream: [...SOUND.stream, stored(50, 500)] }, '50 is stored, not printed'],
    ['a kill that is stored twice', { stream: [stored(10, 100), ...SOUND.stream] }, 'stored sequences: 3'],
    ['a kill that is lost without an overrun', { overruns: [] }, '20 is lost'],
    ['a counter that the agent reads wrong', { agent: { ...SOUND.agent, kernelKills: 3 } }, 'kernel kills: 3'],
    ['a line that the agent counts and does not tell', { agent: { ...SOUND.agent, killLines: 4 } }, 'kill lines: 4'],
    ['a loss that the agent does not know of', { agent: { ...SOUND.agent, killsLost: 0 } }, 'lost kills: 0'],
    ['a kill that the agent cannot explain', { agent: { ...SOUND.agent, killsUnseen: 1 } }, 'unseen kills: 1'],
    ['a recovered kill that is not stored', { agent: { ...SOUND.agent, killsRecovered: 1 } }, 'recovered kills: 1'],
    ['a kill that was given up', { agent: { ...SOUND.agent, killsDropped: 1 } }, 'dropped kills: 1'],
    ['another order', { stream: SOUND.stream.toReversed() }, 'the order in which kills are stored'],
    ['another victim', { stream: [stored(10, 101), ...SOUND.stream.slice(1)] }, '10 has pid 101, its line 100'],
    ['another container', { stream: [stored(10, 100, SHOP), ...SOUND.stream.slice(1)] }, `10 is said to be of ${SHOP}`],
    ['a kill that no report counts', { reports: 2 }, 'kills in reports: 2, victims in the stream: 3'],
    ['a kill that is counted twice', { reports: 4 }, 'kills in reports: 4, victims in the stream: 3'],
  ])('does not hold with %s', (_what, change, reason) => {
    expect(checkAccount({ ...SOUND, ...change }).join('\n')).toContain(reason)
  })

  it('takes it that a place is not known, but not that it is the host', () => {
    const [first, ...rest] = SOUND.stream
    if (first === undefined) throw new Error('expected a kill, got none')
    const unknown = { ...first, isPlaced: false, containerId: undefined }
    expect(checkAccount({ ...SOUND, stream: [unknown, ...rest] })).toEqual([])
    const onHost = { ...first, containerId: undefined }
    expect(checkAccount({ ...SOUND, stream: [onHost, ...rest] })).toEqual([
      `10 is said to be of no container, it was of ${CART}`,
    ])
  })
})
