import { describe, expect, it } from '@jest/globals'
import { decodeRank, encodeRank, rankAnswer, type RankScope } from '#contract/rank.ts'
import { fakeProc } from './fakeProc.testkit.ts'
import { RankService } from './rankService.ts'
import { scanScope } from './scan.ts'

const files = fakeProc(Array.from({ length: 60 }, (_, at) => ({ pid: 100 + at, oomScore: at })))
const request = (top: number, scope?: RankScope): Uint8Array => encodeRank({ version: 1, top, scope })

const node = { files, cgroups: { readText: () => undefined }, endTurn: () => Promise.resolve() }

/** Of a container `group`, all go. */
const groupOf = (path: string) => (path.startsWith('/group') ? '/group' : undefined)

function serviceFor(scan = (scope: RankScope, top: number) => scanScope(node, scope, top)) {
  const clock = { nowMs: 1_000_000 }
  let scans = 0
  const counted = (scope: RankScope, top: number) => (scans++, scan(scope, top))
  const service = new RankService({ node: 'node-a', scan: counted, groupOf, now: () => clock.nowMs })
  const ask = async (payload: Uint8Array) => decodeRank(rankAnswer, await service.answer(payload))
  return { ask, clock, scans: () => scans }
}

describe('RankService', () => {
  it('answers with as many as asked for, 50 at most, and says when it looked', async () => {
    const { ask } = serviceFor()
    const answer = await ask(request(50))
    expect(answer).toMatchObject({ kind: 'ranking', node: 'node-a', scannedAt: '1970-01-01T00:16:40.000Z' })
    expect(answer?.kind === 'ranking' && answer.tasks.map(({ pid }) => pid).slice(0, 2)).toEqual([159, 158])
    expect(answer?.kind === 'ranking' && answer.tasks.length).toBe(50)
  })

  it('looks once for all who ask at once and within a second, then again', async () => {
    const { ask, clock, scans } = serviceFor()
    await Promise.all([ask(request(1)), ask(request(2)), ask(request(3))])
    clock.nowMs += 999
    await ask(request(1))
    expect(scans()).toBe(1)
    clock.nowMs += 1
    await ask(request(1))
    expect(scans()).toBe(2)
    clock.nowMs -= 5_000
    await ask(request(1))
    expect(scans()).toBe(3)
  })

  it('looks for each scope on its own, one at a time, and says what it is about', async () => {
    let running = 0
    const { ask, clock, scans } = serviceFor(async (scope, top) => {
      expect(++running).toBe(1)
      await Promise.resolve()
      running--
      return scanScope(node, { kind: 'node' }, top)
    })
    const scopes = Array.from({ length: 9 }, (_, at): RankScope => ({ kind: 'cgroup', path: `/c${at}` }))
    const answers = await Promise.all([...scopes, ...scopes].map((scope) => ask(request(1, scope))))
    expect(answers[0]).toMatchObject({
      kind: 'ranking',
      scope: scopes[0],
      pageSizeKib: 4,
      tasks: [{ badnessPages: 256 }],
    })
    expect(answers[8]).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/^expected at most 8 cgroups/) })
    expect(scans()).toBe(8)
    clock.nowMs += 1000
    expect(await ask(request(1, scopes[8]))).toMatchObject({ kind: 'ranking', scope: scopes[8] })
  })

  it('tells by a code that there is nothing of what it was asked about', async () => {
    const { ask } = serviceFor()
    expect(await ask(request(1, { kind: 'container', id: '0123456789ab' }))).toMatchObject({
      kind: 'refused',
      code: 'ScopeEmpty',
      reason: 'expected processes in a container 0123456789ab, got none',
    })
  })

  it.each([
    '',
    '{}',
    '{"version":1,"top":0}',
    '{"version":1,"top":51}',
    '{"version":1,"top":1,"scope":{"kind":"cgroup","path":"x"}}',
    '\xff',
  ])('refuses %j', async (text) => {
    const { ask, scans } = serviceFor()
    expect(await ask(Buffer.from(text, 'latin1'))).toMatchObject({ kind: 'refused', node: 'node-a' })
    expect(scans()).toBe(0)
  })

  it('leaves out the paths of an answer that a server may not take: a process chooses its own', async () => {
    const path = `/kubepods/pod0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60/${'ab'.repeat(32)}/${'\u0001'.repeat(3_900)}`
    const processes = Array.from({ length: 50 }, (_, at) => ({
      pid: 100 + at,
      oomScore: 1 + at,
      cgroup: `0::${path}\n`,
    }))
    const there = { ...node, files: fakeProc(processes) }
    const service = new RankService({
      node: 'node-a',
      scan: (scope, top) => scanScope(there, scope, top),
      groupOf: (of) => of,
      now: () => 0,
    })
    const bytes = await service.answer(request(50))
    expect(bytes.length).toBeLessThan(64 * 1024)
    const answer = decodeRank(rankAnswer, bytes)
    const tasks = answer?.kind === 'ranking' ? answer.tasks : []
    expect(tasks).toHaveLength(50)
    expect(tasks[0]).toMatchObject({ pid: 149, podUid: '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60' })
    expect(tasks[0]).not.toHaveProperty('cgroupPath')
    expect(tasks[0]).not.toHaveProperty('groupKillPath')
    expect(answer).toMatchObject({ knowsGroups: false })
  })

  it('tells of each process which cgroup goes with it, asking once for a cgroup', async () => {
    const cgroups = ['/group/a', '/group/a', '/b']
    const processes = cgroups.map((cgroup, at) => ({ pid: 100 + at, oomScore: 9 - at, cgroup }))
    const asked: (string | undefined)[] = []
    const service = new RankService({
      node: 'node-a',
      scan: (scope, top) => scanScope({ ...node, files: fakeProc(processes) }, scope, top),
      groupOf: (path, domainPath) => (asked.push(path, domainPath), groupOf(path)),
      now: () => 0,
    })
    const answer = decodeRank(rankAnswer, await service.answer(request(3)))
    const tasks = answer?.kind === 'ranking' ? answer.tasks : []
    expect(tasks.map(({ groupKillPath }) => groupKillPath)).toEqual(['/group', '/group', undefined])
    expect(asked).toEqual(['/group/a', undefined, '/b', undefined])
    expect(answer).toMatchObject({ knowsGroups: true })
  })

  it('does not look into a request that is larger than any that it knows', async () => {
    const { ask, scans } = serviceFor()
    const large = JSON.stringify({ version: 1, top: 1, more: 'x'.repeat(40_000) })
    expect(await ask(Buffer.from(large))).toMatchObject({ kind: 'refused', reason: expect.stringContaining('bytes') })
    expect(scans()).toBe(0)
  })

  it('describes and encodes once for all who ask for as many', async () => {
    const service = new RankService({
      node: 'node-a',
      scan: (scope, top) => scanScope(node, scope, top),
      groupOf,
      now: () => 0,
    })
    const [first, second, other] = await Promise.all(
      [request(3), request(3), request(2)].map((one) => service.answer(one)),
    )
    expect(second).toBe(first)
    expect(other).not.toEqual(first)
  })

  it('refuses what is more than a hundred requests in a second', async () => {
    const { ask, clock } = serviceFor()
    const answers = await Promise.all(Array.from({ length: 101 }, () => ask(request(1))))
    expect(answers.filter((answer) => answer?.kind === 'ranking')).toHaveLength(100)
    expect(answers[100]).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/^expected at most 100 requests/),
    })
    clock.nowMs += 1000
    expect(await ask(request(1))).toMatchObject({ kind: 'ranking' })
    // A clock that was set back.
    clock.nowMs -= 60_000
    expect(await ask(request(1))).toMatchObject({ kind: 'ranking' })
  })

  it('tells why it cannot look, and tries again for the next', async () => {
    const { ask, scans } = serviceFor(() => Promise.reject(new Error('no proc')))
    expect(await ask(request(1))).toMatchObject({ kind: 'refused', reason: 'no proc' })
    await ask(request(1))
    expect(scans()).toBe(2)
  })
})
