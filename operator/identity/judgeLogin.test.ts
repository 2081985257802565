import { beforeEach, describe, expect, it } from '@jest/globals'
import { AGENT, CLAIMS, NOW_SECONDS, POD, REVIEW, tokenOf } from '../testing/logins.ts'
import type { AgentPod } from './agentPods.ts'
import { judgeLogin, type Judgement, type LoginPorts, type LoginRules } from './judgeLogin.ts'
import { REFUSALS, type ReviewedToken } from './loginChecks.ts'

const HERE: AgentPod = { node: 'node-a', addresses: ['10.0.0.7', 'fd00::7'] }

let asked: string[]
let review: ReviewedToken
let known: AgentPod | undefined
let read: AgentPod | undefined
let keptOut: string[]

const ports: LoginPorts = {
  reviewToken: () => Promise.resolve((asked.push('review'), review)),
  knownPod: () => known,
  readPod: () => Promise.resolve((asked.push('pod'), read)),
  isKeptOut: (node) => keptOut.includes(node),
  nowMs: () => NOW_SECONDS * 1_000,
}
const judge = (token: string | undefined, address = '10.0.0.7', rules: Partial<LoginRules> = {}): Promise<Judgement> =>
  judgeLogin(
    { serverId: 's', connectionId: 1, userKey: 'u', address, token },
    { agent: AGENT, addressRule: 'pod', ...rules },
    ports,
  )

beforeEach(() => {
  asked = []
  review = REVIEW
  known = HERE
  read = HERE
  keptOut = []
})

/** Each reason to refuse, with what has it. */
const CASES: [string, () => Promise<Judgement>, RegExp][] = [
  ['NoToken', () => judge(undefined), /^expected a service account token, got another login or none$/],
  ['NotAToken', () => judge('a.b'), /got 3 characters that are none$/],
  ['NotAToken', () => judge(tokenOf({ 'kubernetes.io': { pod: POD.name } })), /characters that are none$/],
  ['TokenExpired', () => judge(tokenOf({ exp: NOW_SECONDS - 5 })), /got one that ended 5 s ago$/],
  ['OtherAudience', () => judge(tokenOf({ aud: ['https://kubernetes.default.svc'] })), /got one for https:/],
  [
    'OtherServiceAccount',
    () => judge(tokenOf({ sub: 'system:serviceaccount:shop:default' })),
    /of system:serviceaccount:shop:default$/,
  ],
  ['NoPod', () => judge(tokenOf({ 'kubernetes.io': { node: CLAIMS['kubernetes.io'].node } })), /bound to a pod/],
  [
    'NoNode',
    () => judge(tokenOf({ 'kubernetes.io': { pod: POD } })),
    /node claim, got none: it takes Kubernetes 1\.32$/,
  ],
  [
    'NotAuthenticated',
    () => reviewed({ authenticated: false, error: 'square/go-jose: error' }),
    /got: square\/go-jose: error$/,
  ],
  ['NotAuthenticated', () => reviewed({ authenticated: false }), /it takes it for none of its own$/],
  ['OtherAudience', () => reviewed({ audiences: [] }), /audience oomkeeper-nats$/],
  ['OtherServiceAccount', () => reviewed({ user: 'admin' }), /got one of admin$/],
  ['NoPod', () => reviewed({ podUid: undefined }), /bound to a pod$/],
  ['NoNode', () => reviewed({ node: undefined }), /1\.32$/],
  ['PodUnknown', () => withPod(undefined), /found none$/],
  ['OtherNode', () => withPod({ ...HERE, node: 'node-b' }), /bound to node-a as its token says, got node-b$/],
  ['OtherAddress', () => judge(tokenOf(), '10.0.0.8'), /\(10\.0\.0\.7 or fd00::7\), got 10\.0\.0\.8$/],
  ['OtherAddress', () => judge(tokenOf(), ''), /got none$/],
  ['Flooding', () => floodingBefore(['node-a']), /got node-a: it is kept out for a while$/],
  ['OtherAddress', () => withPod({ ...HERE, addresses: [] }), /to have an address by now\), got 10\.0\.0\.7$/],
]

function reviewed(changes: Partial<ReviewedToken>): Promise<Judgement> {
  review = { ...REVIEW, ...changes }
  return judge(tokenOf())
}

function floodingBefore(nodes: string[]): Promise<Judgement> {
  keptOut = nodes
  return judge(tokenOf())
}

function withPod(pod: AgentPod | undefined): Promise<Judgement> {
  known = undefined
  read = pod
  return judge(tokenOf())
}

describe('judgeLogin', () => {
  it('lets the agent of a node in, as the apiserver and its pod say, until its token ends', async () => {
    expect(await judge(tokenOf())).toEqual({ admitted: true, node: 'node-a', tokenEnd: CLAIMS.exp })
    expect(asked).toEqual(['review'])
  })

  it.each(CASES)('refuses with %s', async (reason, login, message) => {
    expect(await login()).toEqual({ admitted: false, reason, message: expect.stringMatching(message) })
  })

  it('has a case for each reason', () => {
    expect([...new Set(CASES.map(([reason]) => reason))].sort()).toEqual([...REFUSALS].sort())
  })

  it('asks the apiserver nothing about a token that says itself that it is none for us', async () => {
    await judge(tokenOf({ exp: NOW_SECONDS - 1 }))
    await judge(tokenOf({ sub: 'other' }))
    expect(asked).toEqual([])
  })

  it('asks the apiserver nothing about a node that is kept out, and refuses one that only the apiserver knows to be it', async () => {
    await floodingBefore(['node-a'])
    expect(asked).toEqual([])
    keptOut = ['node-b']
    known = { ...HERE, node: 'node-b' }
    expect(await reviewed({ node: 'node-b' })).toMatchObject({ admitted: false, reason: 'Flooding' })
  })

  it('takes the node from the apiserver, not from what the token says', async () => {
    known = { ...HERE, node: 'node-b' }
    expect(await reviewed({ node: 'node-b' })).toMatchObject({ admitted: true, node: 'node-b' })
  })

  it.each([
    ['is not known yet', undefined],
    ['had another address', { ...HERE, addresses: ['10.9.9.9'] }],
  ])('reads a pod that %s before it refuses', async (_what, before) => {
    known = before
    expect(await judge(tokenOf())).toMatchObject({ admitted: true })
    expect(asked).toEqual(['review', 'pod'])
  })

  it('knows an address in either form', async () => {
    expect(await judge(tokenOf(), '::ffff:10.0.0.7')).toMatchObject({ admitted: true })
    expect(await judge(tokenOf(), 'fd00::7')).toMatchObject({ admitted: true })
  })

  it('takes any address where the network changes them', async () => {
    expect(await judge(tokenOf(), '192.0.2.1', { addressRule: 'any' })).toMatchObject({ admitted: true })
  })
})
