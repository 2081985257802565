import { beforeEach, describe, expect, it } from '@jest/globals'
import { operatorError } from '../errors.ts'
import { untilApiserverAnswers } from './firstAnswer.ts'

let nowMs = 0
let asked = 0

/** @param answersAfterMs from when on somebody answers */
function wait(answersAfterMs: number, code = 200): Promise<void> {
  const request = () => {
    asked += 1
    if (nowMs >= answersAfterMs) return Promise.resolve({ code, body: {} })
    return Promise.reject(operatorError('ApiserverUnreachable', 'connect ECONNREFUSED'))
  }
  const sleep = (ms: number) => Promise.resolve(void (nowMs += ms))
  return untilApiserverAnswers({ request }, { monotonicMs: () => nowMs, sleep, limitMs: 30_000 })
}

beforeEach(() => {
  nowMs = 0
  asked = 0
})

describe('untilApiserverAnswers', () => {
  it('asks once where it answers, be it a refusal: who asks next is told', async () => {
    await wait(0, 403)
    expect(asked).toBe(1)
  })

  it('asks again while a network lets nothing through', async () => {
    await wait(5_000)
    expect(nowMs).toBe(5_000)
  })

  it('gives up after its time, with what came last', async () => {
    await expect(wait(Infinity)).rejects.toMatchObject({ code: 'ApiserverUnreachable' })
    expect(nowMs).toBe(30_000)
  })

  it('does not ask again where waiting cannot help', async () => {
    const request = () => Promise.reject(operatorError('KubeconfigUnusable', 'no token'))
    const ports = { monotonicMs: () => 0, sleep: () => Promise.reject(new Error('not to be waited')), limitMs: 30_000 }
    await expect(untilApiserverAnswers({ request }, ports)).rejects.toMatchObject({ code: 'KubeconfigUnusable' })
  })
})
