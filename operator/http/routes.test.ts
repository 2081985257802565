import { describe, expect, it } from '@jest/globals'
import { answerRequest, type Answer, type ApiSource } from './routes.ts'

const BOOT = '0b6f2a5e-1111-4222-8333-444455556666'

/** Answers with what it was asked. */
class EchoSource implements ApiSource {
  health() {
    return { version: 1 as const, ready: false, reasons: ['starting'] }
  }
  settings() {
    return { version: 1 as const, namespace: 'oomkeeper', protectedMemoryPercent: 40, rollbackWindowSeconds: 600 }
  }
  readonly #echo = (...asked: unknown[]): Promise<Answer> => Promise.resolve({ kind: 'json', body: asked })
  listReports = this.#echo
  getReport = this.#echo
  findKill = this.#echo
  followKills = this.#echo
  rankNode = this.#echo
  simulateNode = this.#echo
}

const answer = (path: string) => answerRequest(new EchoSource(), new URL(path, 'http://localhost'))

describe('answerRequest', () => {
  it.each([
    ['/api/v1/health', { version: 1, ready: false, reasons: ['starting'] }],
    [
      '/api/v1/settings',
      { version: 1, namespace: 'oomkeeper', protectedMemoryPercent: 40, rollbackWindowSeconds: 600 },
    ],
    ['/api/v1/reports', [{ kind: 'OOMReport', limit: 20 }]],
    [
      '/api/v1/reports?namespace=shop&limit=100&continue=abc%3D',
      [{ kind: 'OOMReport', namespace: 'shop', limit: 100, continueToken: 'abc=' }],
    ],
    ['/api/v1/reports/shop/web-app', [{ kind: 'OOMReport', namespace: 'shop', name: 'web-app' }]],
    ['/api/v1/nodereports?limit=3', [{ kind: 'NodeOOMReport', limit: 3 }]],
    ['/api/v1/nodereports/node-a.example', [{ kind: 'NodeOOMReport', name: 'node-a.example' }]],
    [`/api/v1/kills/node-a/${BOOT}/425`, ['node-a', BOOT, '425']],
    [`/api/v1/kills/node-a/${BOOT}/m-12-3`, ['node-a', BOOT, 'm-12-3']],
    ['/api/v1/kills?node=node-a&after=7', [{ node: 'node-a', after: 7 }]],
    ['/api/v1/rank?node=node-a&pod=shop/web', ['node-a', 10, { pod: 'shop/web' }]],
    ['/api/v1/simulate?node=node-a&until=2048', ['node-a', {}, 2048]],
    ['/api/v1/simulate?node=node-a&pod=shop/web', ['node-a', { pod: 'shop/web' }, null]],
  ])('understands %s', async (path, body) => {
    expect(JSON.parse(JSON.stringify(await answer(path)))).toEqual({ kind: 'json', body })
  })

  it.each([
    ['/api/v1/reports?limit=101', 400, 'limit: expected a number from 1 to 100, got "101"'],
    ['/api/v1/reports?limit=1&limit=2', 400, 'limit: expected it once, got it again'],
    ['/api/v1/reports?page=2', 400, 'expected only namespace, limit, continue, got "page"'],
    ['/api/v1/health?x', 400, 'expected no parameters, got "x"'],
    ['/api/v1/reports/shop/..%2Fpods', 400, 'name: expected the name of a report, got "../pods"'],
    ['/api/v1/reports/shop/%ff', 400, 'name: expected the name of a report, got "%ff"'],
    [`/api/v1/kills/*/${BOOT}/1`, 400, 'node: expected the name of a node, got "*"'],
    ['/api/v1/kills/a/b/1', 400, 'bootId: expected a boot id as in /proc/sys/kernel/random/boot_id, got "b"'],
    ['/api/v1/rank?node=a&cgroup=/b&pod=c/d', 400, 'cgroup: expected no pod and no container with it'],
    ['/api/v1/simulate?node=a&until=2Gi', 400, 'until: expected an amount of memory in KiB, got "2Gi"'],
    ['/api/v1/report', 404, expect.stringContaining('expected one of /openapi.json, /api/v1/health')],
  ])('refuses %s', async (path, status, detail) => {
    expect(await answer(path)).toEqual({ kind: 'problem', status, detail })
  })

  it('repeats no more of a parameter than a line holds', async () => {
    const answered = await answer(`/api/v1/reports?namespace=${'x'.repeat(5000)}`)
    expect(answered).toMatchObject({ kind: 'problem', status: 400 })
    expect(JSON.stringify(answered).length).toBeLessThan(500)
  })
})
