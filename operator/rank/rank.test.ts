import { describe, expect, it } from '@jest/globals'
import { readParameters } from '../http/parameters.ts'
import { cachedPodOf, containerOf } from '../testing/cachedPods.ts'
import { isLoopback } from './loopback.ts'
import { resolveRanking } from './nodeRanking.ts'
import { rankParameters, rankQueryOf } from './rankQuery.ts'

const UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const ID = 'ab'.repeat(32)

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('takes %s', (host) => expect(isLoopback(host)).toBe(true))

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', 'localhost.example.org', ''])('refuses %s', (host) =>
    expect(isLoopback(host)).toBe(false),
  )
})

describe('rankQueryOf', () => {
  const parse = (query: string) => {
    const read = readParameters(rankParameters, new URLSearchParams(query))
    return read.ok ? rankQueryOf(read.values) : read
  }

  it('takes a node, and ten where no number is given', () => {
    expect(parse('node=node-a.example')).toEqual({ ok: true, node: 'node-a.example', top: 10, target: {} })
    expect(parse('node=a&top=50')).toEqual({ ok: true, node: 'a', top: 50, target: {} })
  })

  it.each([
    ['cgroup=/a/b', { cgroup: '/a/b' }],
    ['pod=shop/web-1&container=app', { pod: 'shop/web-1', container: 'app' }],
    [`pod=${UID}`, { pod: UID }],
    ['container=0123456789ab', { container: '0123456789ab' }],
  ])('takes %s', (query, target) => {
    expect(parse(`node=a&${query}`)).toMatchObject({ ok: true, target })
  })

  it.each([
    ['cgroup=a', /^cgroup: expected a path/],
    ['cgroup=/', /^cgroup: expected a path/],
    ['pod=Web', /^pod: expected a pod's UID or NAMESPACE\/NAME, got "Web"/],
    ['container=', /^container: expected/],
    ['cgroup=/a&pod=shop/web', /^cgroup: expected no pod/],
  ])('refuses %s', (query, reason) => {
    expect(parse(`node=a&${query}`)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
  })

  it.each(['', 'node=', 'node=*', 'node=a.%3E', 'node=A', 'node=a%20b', `node=${'a'.repeat(254)}`])(
    'refuses %j, which is no node',
    (query) => expect(parse(query)).toMatchObject({ ok: false, reason: expect.stringMatching(/^node: expected/) }),
  )

  it.each(['0', '51', '-1', '1e1', ''])('refuses %j as a number of processes', (top) => {
    expect(parse(`node=a&top=${top}`)).toMatchObject({ ok: false, reason: expect.stringMatching(/^top: expected/) })
  })
})

describe('resolveRanking', () => {
  const pod = cachedPodOf({ uid: UID, name: 'web-1', containers: [containerOf({ id: ID })] })
  const task = { pid: 7, command: 'x', oomScore: 1, oomScoreAdj: 0, podUid: UID, containerId: ID }
  const nameOn = (node: string) => {
    const answer = { version: 1, kind: 'ranking', node, scannedAt: '', processCount: 1, tasks: [task] } as const
    return resolveRanking({ ...answer, tasks: [task] }, (uid) => (uid === UID ? pod : undefined)).candidates[0]
  }

  it('names pod and container', () => {
    expect(nameOn('node-a')).toEqual({ ...task, namespace: 'shop', podName: 'web-1', containerName: 'app' })
  })

  it('leaves a pod of another node unnamed', () => {
    expect(nameOn('node-b')).toEqual(task)
  })
})
