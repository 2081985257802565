import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from '@jest/globals'
import {
  AGENT,
  CLAIMS,
  CONNECTION_ID,
  ISSUER,
  NOW_SECONDS,
  REVIEW,
  SERVER_KEY,
  USER_KEY,
  loginData,
  tokenOf,
} from '../testing/logins.ts'
import { decodeJwt } from './jwt.ts'
import type { ReviewedToken } from './loginChecks.ts'
import { LoginDesk } from './loginDesk.ts'

interface Answer {
  iss: string
  sub: string
  aud: string
  name: string
  exp: number
  nats: { jwt?: string; error?: string; type: string; pub: { allow: string[] }; resp: object }
}

let monotonicMs: number
let refused: string[]
let admitted: string[]
let lastLogin: object
let reviews: PromiseWithResolvers<ReviewedToken>[]
let desk: LoginDesk

const claimsOf = (jwt: string | undefined): Answer => decodeJwt(jwt ?? '') as Answer

beforeEach(() => {
  monotonicMs = 0
  refused = []
  admitted = []
  reviews = []
  desk = new LoginDesk(
    {
      issuer: ISSUER,
      rules: { agent: AGENT, addressRule: 'pod' },
      lifetimeSeconds: 600,
      maxInFlight: 2,
      maxWaiting: 2,
      answerWithinMs: 1_000,
    },
    {
      reviewToken: () => {
        const review = Promise.withResolvers<ReviewedToken>()
        reviews.push(review)
        return review.promise
      },
      knownPod: () => ({ node: 'node-a', addresses: ['10.0.0.7'] }),
      readPod: () => Promise.resolve(undefined),
      nowMs: () => NOW_SECONDS * 1_000,
      monotonicMs: () => monotonicMs,
      random: () => 0.5,
      isKeptOut: () => false,
      admitted: (node, { serverId, connectionId }, endSeconds) => {
        admitted.push(node)
        lastLogin = { serverId, connectionId, endSeconds }
      },
      refused: (reason) => refused.push(reason),
    },
  )
})

/** Answers the apiserver's questions, those that come up meanwhile too. */
async function reviewAll(): Promise<void> {
  for (let at = 0; at < reviews.length; at++) {
    reviews[at]?.resolve(REVIEW)
    await turn()
  }
}

describe('LoginDesk', () => {
  it('lets an agent in with the subjects of its node, for this connection and this server, for a bounded time', async () => {
    const answering = desk.answer(loginData(tokenOf()))
    await reviewAll()
    const response = claimsOf(await answering)
    expect(response).toMatchObject({ iss: ISSUER.publicKey, sub: USER_KEY, aud: SERVER_KEY })
    expect(response.nats.type).toBe('authorization_response')
    const user = claimsOf(response.nats.jwt)
    expect(user).toMatchObject({ sub: USER_KEY, aud: 'NODES', name: 'node-a', exp: NOW_SECONDS + 570 })
    expect(user.nats.pub.allow).toContain('oom.v1.kill.node-a.>')
    expect(user.nats.resp).toEqual({ max: 1, ttl: 10_000_000_000 })
    expect(admitted).toEqual(['node-a'])
    expect(lastLogin).toEqual({ serverId: SERVER_KEY, connectionId: CONNECTION_ID, endSeconds: NOW_SECONDS + 570 })
  })

  it('lets nobody in for longer than the token is good', async () => {
    const answering = desk.answer(loginData(tokenOf({ exp: NOW_SECONDS + 60 })))
    await reviewAll()
    expect(claimsOf(claimsOf(await answering).nats.jwt).exp).toBe(NOW_SECONDS + 60)
    expect(CLAIMS.exp).toBeGreaterThan(NOW_SECONDS + 60)
  })

  it('refuses with the reason and no more, and counts it', async () => {
    const response = claimsOf(await desk.answer(loginData(undefined)))
    expect(response.nats).toEqual({ error: 'NoToken', type: 'authorization_response', version: 2 })
    expect(refused).toEqual(['NoToken'])
  })

  it('refuses while the apiserver does not answer, so that the agent tries again', async () => {
    const answering = desk.answer(loginData(tokenOf()))
    await turn()
    reviews[0]?.reject(new Error('expected an answer'))
    expect(claimsOf(await answering).nats.error).toBe('ApiserverUnreachable')
    expect(refused).toEqual(['ApiserverUnreachable'])
  })

  it('does not answer what it cannot read: it would not know whom', async () => {
    expect(await desk.answer(Buffer.from('?'))).toBeUndefined()
    expect(refused).toEqual(['Unreadable'])
  })

  it('asks about so many at a time, lets as many wait, and drops the rest', async () => {
    const answers = Array.from({ length: 5 }, () => desk.answer(loginData(tokenOf())))
    await turn()
    expect(reviews).toHaveLength(2)
    expect(refused).toEqual(['TooLate'])
    await reviewAll()
    const done = await Promise.all(answers)
    expect(done.filter((answer) => answer !== undefined)).toHaveLength(4)
    expect(admitted).toHaveLength(4)
  })

  it('asks nothing about one that has waited for longer than the server does, and goes on with the next', async () => {
    const answers = Array.from({ length: 4 }, () => desk.answer(loginData(tokenOf())))
    await turn()
    monotonicMs = 1_001
    await reviewAll()
    expect(await Promise.all(answers)).toEqual([expect.any(String), expect.any(String), undefined, undefined])
    expect(reviews).toHaveLength(2)
    const later = desk.answer(loginData(tokenOf()))
    await turn()
    await reviewAll()
    expect(await later).toEqual(expect.any(String))
    expect(refused).toEqual(['TooLate', 'TooLate'])
  })
})
