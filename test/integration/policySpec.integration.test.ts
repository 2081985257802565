import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { celRules } from '../../cli/policy/celRules.ts'
import { validateSpec } from '../../cli/policy/validateSpec.ts'
import { startApiserver, type PrivateApiserver } from '../cluster/privateServers.ts'
import { applyCrds } from '../support/stack.ts'

const LABELS = { podSelector: { matchLabels: { app: 'web' } } }
const SCORE = { oomScoreAdj: { value: 500 } }
const GOOD = { ...LABELS, ...SCORE }
const NO_PODS = 'no pods are selected: give namespaceSelector, podSelector or priorityClassNames, or all: true'
const CONTRADICTS =
  'all: true selects every pod, which contradicts namespaceSelector, podSelector and priorityClassNames'
const HOLD = 'holdFor must be between 1m and 720h, in hours, minutes and seconds'

const EXAMPLES = resolve(import.meta.dirname, '../../examples/policies')
const holds = celRules()

let api: PrivateApiserver

beforeAll(async () => {
  api = await startApiserver({ log: () => undefined })
  await applyCrds(api.kubectl)
}, 120_000)

afterAll(async () => {
  await api.dispose()
})

async function apply(spec: object): Promise<string> {
  const policy = { apiVersion: 'oomkeeper.io/v1alpha1', kind: 'OOMPolicy', metadata: { name: 'tried' }, spec }
  return api.kubectl(['apply', '--dry-run=server', '-o', 'json', '-f', '-'], { stdin: JSON.stringify(policy) })
}

/** What `oomkeeper policy test` makes of it: its verdict is the apiserver's. */
const tried = (spec: unknown) => validateSpec(JSON.parse(JSON.stringify(spec)), holds)

const processes = (...some: object[]) => ({ ...GOOD, processes: some })

describe('the apiserver, with the kind OOMPolicy', () => {
  it.each<[string, object, string]>([
    ['no selector', SCORE, NO_PODS],
    ['an empty selector', { ...SCORE, podSelector: {}, namespaceSelector: { matchLabels: {} } }, NO_PODS],
    ['all: false', { ...SCORE, all: false }, NO_PODS],
    ['all beside a podSelector', { ...GOOD, all: true }, CONTRADICTS],
    ['all beside a PriorityClass', { ...SCORE, priorityClassNames: ['high'], all: true }, CONTRADICTS],
    ['nothing to set', LABELS, 'nothing is to be set: give oomScoreAdj, killScope or both'],
    [
      'an exemption from the killer',
      { ...LABELS, oomScoreAdj: { value: -1000 } },
      'must be between -990 and 1000: -1000 would exempt',
    ],
    [
      'a value out of range',
      { ...LABELS, oomScoreAdj: { value: 1001 } },
      'oomScoreAdj.value must be between -990 and 1000',
    ],
    [
      'a delta out of range',
      { ...LABELS, oomScoreAdj: { delta: -1991 } },
      'oomScoreAdj.delta must be between -1990 and 1990',
    ],
    ['a delta of nothing', { ...LABELS, oomScoreAdj: { delta: 0 } }, 'not 0, which would change nothing'],
    [
      'value and delta',
      { ...LABELS, oomScoreAdj: { value: 1, delta: 1 } },
      'oomScoreAdj needs value (what each process gets) or delta',
    ],
    [
      'neither value nor delta',
      { ...LABELS, oomScoreAdj: {} },
      'oomScoreAdj needs value (what each process gets) or delta',
    ],
    [
      'killScope for some processes',
      { ...processes({ init: true }), killScope: 'Process' },
      'killScope is of a whole container and processes selects some of it',
    ],
    [
      'an entry of processes without a field',
      processes({}),
      'an entry of processes needs command, exe, cmdline or init',
    ],
    ['init: false', processes({ init: false }), 'init can only be true'],
    [
      'a command that no process can have',
      processes({ command: 'kube-controller-manager' }),
      'command is longer than the 15 characters that the kernel keeps',
    ],
    ['a glob of other characters', processes({ exe: 'jävä' }), 'exe is a glob of printable ASCII characters'],
    ['an expression that is none', processes({ cmdline: 'a(' }), 'missing closing )'],
    ['an expression with a lookahead', processes({ cmdline: '(?=a)b' }), 'cmdline must be an RE2 expression'],
    [
      'an expression of other characters',
      processes({ cmdline: 'ä' }),
      'cmdline is written in printable ASCII characters',
    ],
    [
      'an expression too long',
      processes({ cmdline: 'a'.repeat(201) }),
      'spec.processes[0].cmdline: Too long: may not be more than 200',
    ],
    [
      'too many entries of processes',
      processes(...Array.from({ length: 21 }, (_, index) => ({ command: `c${index}` }))),
      'spec.processes: Too many: 21: must have at most 20 items',
    ],
    ['an empty list of containers', { ...GOOD, containers: [] }, 'spec.containers: Invalid value'],
    [
      'a type of container that is none',
      { ...GOOD, containerTypes: ['Ephemeral'] },
      'supported values: "App", "Init", "Sidecar"',
    ],
    ['a container twice', { ...GOOD, containers: ['a', 'a'] }, 'spec.containers[1]: Duplicate value: "a"'],
    [
      'a selector that lacks its values',
      { ...SCORE, podSelector: { matchExpressions: [{ key: 'app', operator: 'In' }] } },
      'values must be given for In and NotIn',
    ],
    ['a mode that is none', { ...GOOD, mode: 'enforce' }, 'supported values: "Audit", "Enforce"'],
    ['days', { ...GOOD, holdFor: '30d' }, HOLD],
    ['less than a minute', { ...GOOD, holdFor: '59s' }, HOLD],
    ['more than thirty days', { ...GOOD, holdFor: '721h' }, HOLD],
    ['no time at all', { ...GOOD, holdFor: '' }, HOLD],
  ])('refuses %s with a sentence that helps', async (_what, spec, words) => {
    await expect(apply(spec)).rejects.toThrow(words)
    expect(tried(spec)).toMatchObject({ ok: false })
  })

  it.each<[string, object]>([
    ['labels and a value', GOOD],
    ['every pod on purpose', { ...SCORE, all: true, podSelector: {} }],
    ['a PriorityClass', { priorityClassNames: ['high'], oomScoreAdj: { delta: -200 } }],
    ['killScope alone', { ...LABELS, killScope: 'Process' }],
    ['killScope and a value', { ...GOOD, killScope: 'Container' }],
    [
      'everything',
      {
        ...GOOD,
        namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] },
        priorityClassNames: ['high'],
        containers: ['db'],
        containerTypes: ['App', 'Sidecar'],
        processes: [
          { command: 'postgres', exe: 'postgres*', cmdline: '^/usr/lib/postgresql/[0-9]+/bin/postgres', init: true },
          { command: 'kube-controller*' },
        ],
        mode: 'Enforce',
        priority: -5,
        holdFor: '1h30m',
        allowCrossQoS: true,
        allowUnlimited: true,
      },
    ],
  ])('takes %s', async (_what, spec) => {
    await expect(apply(spec)).resolves.toBeTruthy()
    expect(tried(spec)).toMatchObject({ ok: true })
  })

  it('refuses a field that there is not, as kubectl and `oomkeeper policy test` do', async () => {
    const spec = { ...GOOD, podselector: {} }
    await expect(apply(spec)).rejects.toThrow('unknown field "spec.podselector"')
    expect(tried(spec)).toEqual({ ok: false, problems: ['spec.podselector: there is no such field'] })
  })

  it.each(readdirSync(EXAMPLES))('takes the example %s', async (example) => {
    const said = await api.kubectl(['apply', '--dry-run=server', '-f', join(EXAMPLES, example)])
    expect(said).toMatch(/^oompolicy\.oomkeeper\.io\/\S+ created/)
  })

  it('fills in what is left out', async () => {
    const { spec } = JSON.parse(await apply(GOOD)) as { spec: object }
    const defaults = { mode: 'Audit', priority: 0, holdFor: '24h', allowCrossQoS: false, allowUnlimited: false }
    expect(spec).toEqual({ ...GOOD, ...defaults })
    expect(tried(GOOD)).toEqual({ ok: true, spec })
  })

  it('explains the fields', async () => {
    const text = await api.kubectl(['explain', 'oompolicy.spec'])
    const names = await api.kubectl(['explain', 'oompolicy', '--recursive'])
    expect(names).toMatch(/^ {6}cmdline\t<string>$/m)
    expect(names).toMatch(/^ {4}mode\t<string>\n {4}enum: Audit, Enforce$/m)
    expect(text).toMatch(/it saves no\s+container from its own limit/)
    for (const field of ['all', 'containerTypes', 'holdFor', 'killScope', 'oomScoreAdj', 'processes'])
      expect(text).toMatch(new RegExp(`^  ${field}\\t<.*>\\n(?:  enum: .*\\n)?    \\S`, 'm'))
  })
})
