import { describe, expect, it } from '@jest/globals'
import { clusterOf, policyOf, RAILS, rawPod } from './policies.testkit.ts'
import { previewPolicies } from './previewPolicies.ts'
import { replayReports } from './replayReports.ts'
import type { ReadWhole } from './wholeList.ts'

const HEAD = 'PID  COMMAND  RSS  SWAP  ADJ  BADNESS  SCORE'
const row = (pid: number | string, command: string, pages: number, adj: number) => {
  const badness = pages + adj * Math.floor((8 * 1024 * 1024) / 4 / 1000)
  return `${pid}`.padEnd(5) + command.padEnd(9) + '1Mi  -     ' + `${adj}`.padEnd(5) + `${badness}  -`
}
const tableOf = (...rows: string[]) => [HEAD, ...rows].map((line) => `\n      ${line}`).join('')

function report(kills: object[], workload = 'web') {
  const kill = { node: 'node-a', scope: 'Node', victimPid: 10, victimCommand: 'master' }
  return {
    kind: 'OOMReport',
    metadata: { namespace: 'shop', name: 'r' },
    spec: { workload: { kind: 'Deployment', name: workload }, container: 'app' },
    status: { lastKills: kills.map((one) => ({ ...kill, ...one })) },
  }
}

async function replay(spec: object, ...reports: object[]) {
  return replayWhole(spec, undefined, ...reports)
}

async function replayWhole(spec: object, readWhole: ReadWhole | undefined, ...reports: object[]) {
  const objects = await clusterOf(rawPod(1))
  async function* stored() {
    yield* reports
  }
  const policies = [policyOf('a', spec)]
  const { facts } = previewPolicies(policies, objects, RAILS)
  const [one] = await replayReports(stored(), policies, objects.pods, facts, readWhole)
  return one
}

const KILL = { candidates: tableOf(row(10, 'master', 100_000, 875), row(7, 'cron', 90_000, 600)) }
const OTHERS = { candidates: tableOf(row(10, 'master', 100_000, 875), row('-', 'cron', 90_000, 600)) }

describe('replayReports', () => {
  it('says who would have died instead, of the workloads that a policy selects', async () => {
    expect(await replay({}, report([KILL]), report([KILL], 'other'), { kind: 'Pod' })).toEqual({
      policy: 'a',
      counts: { changed: 1, same: 0, ownLimit: 0, unknown: 0 },
      changed: [
        {
          time: undefined,
          node: 'node-a',
          namespace: 'shop',
          workload: 'Deployment/web',
          victim: 'master(10)',
          instead: 'cron(7)',
        },
      ],
      message: 'would have changed 1 of the last 1 kills it could have touched',
    })
  })

  it('takes kills of nodes too, each once, and counts whom a policy would have drawn them to', async () => {
    const named = (line: string, container: string) => line.padEnd(60) + container
    const candidates = tableOf(
      named(row(9, 'restic', 1_100_000, 0), '-'),
      named(row(10, 'master', 1_000_000, 0), 'shop/web-abc-1/app'),
    ).replace(HEAD, named(HEAD, 'CONTAINER'))
    const kill = { candidates, victimPid: 9, victimCommand: 'restic', bootId: 'b', sequence: 7, reason: 'OutsidePod' }
    const ofNode = {
      ...report([kill, kill]),
      kind: 'NodeOOMReport',
      metadata: { name: 'node-a' },
      spec: { node: 'node-a' },
    }
    expect(await replay({}, ofNode)).toMatchObject({
      counts: { changed: 1, same: 0, ownLimit: 0, unknown: 0 },
      changed: [{ namespace: undefined, workload: 'Node/node-a', victim: 'restic(9)', instead: 'master(10)' }],
    })
  })

  it('names nobody of another namespace', async () => {
    expect((await replay({}, report([OTHERS])))?.changed).toMatchObject([{ instead: '(other namespace)' }])
  })

  it('goes by the whole list where somebody has it', async () => {
    const whole = await replayWhole({}, () => Promise.resolve(KILL.candidates), report([OTHERS]))
    expect(whole?.changed).toMatchObject([{ instead: 'cron(7)' }])
  })

  it('counts what no score changes, and what a report does not tell', async () => {
    const own = { ...KILL, scope: 'ContainerLimit', limitKib: 1_048_576 }
    const some = await replay({}, report([own, {}, { ...KILL, scope: 'nonsense' }]))
    expect(some?.counts).toEqual({ changed: 0, same: 0, ownLimit: 1, unknown: 2 })
  })

  it('passes over containers that guard rails refuse', async () => {
    const lower = { oomScoreAdj: { value: -1000 } }
    await expect(replay(lower, report([KILL]))).resolves.toMatchObject({ counts: { changed: 0, unknown: 0 } })
  })
})
