import { beforeEach, describe, expect, it } from '@jest/globals'
import type { DesiredRule } from '#contract/desiredRule.ts'
import type { WriteOutcome } from './writeOutcome.ts'
import { ruleOf } from '../testing/rules.ts'
import { formatKillScopes, KillScopes, parseKillScopes, type OwnKillScopes } from './killScopes.ts'
import type { KillScope, ObservedContainer } from './target.ts'

const A = 'a'.repeat(64)
const CONTAINER: ObservedContainer = { containerId: A, podUid: 'p', name: 'app', cgroup: '/a', processes: [] }

let scope: KillScope | undefined
let steps: string[]
let saved: OwnKillScopes
let answer: WriteOutcome
let mayWrite: boolean
let maySet: boolean
let lostAtTicks: number | undefined
/** Why the disk takes nothing. */
let saveFailure: Error | undefined

const scopesFrom = (own: OwnKillScopes = {}): KillScopes =>
  new KillScopes(own, {
    maySet,
    read: () => scope,
    write: (_container, to) => {
      steps.push(`write ${to}`)
      if (answer.kind === 'written') scope = to
      return answer
    },
    lostAtTicks,
    save: (one) => {
      if (saveFailure !== undefined) throw saveFailure
      steps.push(`save ${JSON.stringify(Object.values(one))}`)
      saved = one
    },
  })

const by = (...rules: Partial<DesiredRule>[]) =>
  rules.map((one, index) => ruleOf({ policy: `p${index}`, killScope: 'Process', ...one }))

/** outcome and reason of each rule */
function sweep(scopes: KillScopes, rules = by({})): string[] {
  const targets = rules.length === 0 ? [] : [{ containerId: A, rules }]
  const { outcomes, restoring } = scopes.sweep(
    targets,
    [CONTAINER],
    () => mayWrite,
    ({ from, to, rule }) => steps.push(`audit ${from} ${to} ${rule?.policy}`),
  )
  const told = (outcomes.get(A) ?? []).map(({ outcome, why }) => `${outcome} ${why?.reason ?? ''}`.trim())
  return [...told, ...[...restoring].map(() => 'restoring')]
}

beforeEach(() => {
  scope = 'Container'
  steps = []
  saved = {}
  answer = { kind: 'written' }
  mayWrite = true
  maySet = true
  lostAtTicks = undefined
  saveFailure = undefined
})

describe('KillScopes', () => {
  it('writes nothing when what was there cannot be saved, gives back all the same, and forgets once it can', () => {
    const scopes = scopesFrom()
    saveFailure = new Error('ENOSPC')
    expect(sweep(scopes)).toEqual(['failed OriginalsUnsaved'])
    expect([scope, steps]).toEqual(['Container', []])
    saveFailure = undefined
    sweep(scopes)
    saveFailure = new Error('ENOSPC')
    expect(sweep(scopes, [])).toEqual([])
    expect([scope, saved]).toEqual(['Container', { [A]: 'Container' }])
    saveFailure = undefined
    sweep(scopes, [])
    expect(saved).toEqual({})
  })

  it('leaves a container as it is that was there when what it had was lost, and says so', () => {
    lostAtTicks = 10
    const target = [{ containerId: A, rules: by({}) }]
    const sweepOf = (startTicks: number) =>
      scopesFrom().sweep(
        target,
        [{ ...CONTAINER, processes: [{ pid: 1, startTicks, oomScoreAdj: 0, command: 'app' }] }],
        () => true,
        () => undefined,
      )
    expect(sweepOf(10).outcomes.get(A)).toMatchObject([{ outcome: 'failed', why: { reason: 'OriginalsLost' } }])
    expect(scope).toBe('Container')
    expect(sweepOf(11).outcomes.get(A)).toMatchObject([{ outcome: 'applied' }])
  })

  it('sets nothing where the agent only raises, says so, and gives back what was set before', () => {
    maySet = false
    expect(sweep(scopesFrom(), by({}, { mode: 'Audit' }))).toEqual(['skipped RaisesOnly', 'skipped Overridden'])
    expect(sweep(scopesFrom(), by({ mode: 'Audit' }))).toEqual(['skipped RaisesOnly'])
    expect(steps).toEqual([])
    scope = 'Process'
    sweep(scopesFrom({ [A]: 'Container' }), by({}))
    expect(steps).toContain('write Container')
  })

  it('has what was there on disk before it writes, tells of the write, and is quiet when nothing changes', () => {
    const scopes = scopesFrom()
    expect([sweep(scopes), sweep(scopes)]).toEqual([['applied'], ['applied']])
    expect(steps).toEqual(['save ["Container"]', 'write Process', 'audit Container Process p0'])
  })

  it('gives back what was there when no rule wants another, also after a crash, and forgets it then', () => {
    sweep(scopesFrom())
    expect(sweep(scopesFrom(saved), [])).toEqual([])
    expect([scope, saved]).toEqual(['Container', {}])
    expect(steps.at(-2)).toBe('audit Process Container undefined')
  })

  it('keeps what could not be given back, and tries again', () => {
    const scopes = scopesFrom({ [A]: 'Container' })
    scope = 'Process'
    answer = { kind: 'failed', message: 'EIO' }
    expect(sweep(scopes, [])).toEqual(['restoring'])
    expect(scopes.containerIds).toEqual([A])
    answer = { kind: 'written' }
    expect(sweep(scopes, [])).toEqual([])
    expect(scopes.containerIds).toEqual([])
  })

  it('has the first rule that enforces decide, and tells what the others would or why they do not', () => {
    const rules = by({ mode: 'Audit' }, { killScope: 'Process' }, { killScope: 'Container' }, { mode: 'Audit' })
    expect(sweep(scopesFrom(), rules)).toEqual(['would', 'applied', 'skipped Overridden', 'skipped Overridden'])
    expect(scope).toBe('Process')
  })

  it('gives back by a rule that is suspended', () => {
    const scopes = scopesFrom()
    sweep(scopes)
    const suspended = by({}).map((rule) => ({ ...rule, suspended: { reason: 'HoldExpired', message: 'm' } }))
    sweep(scopes, suspended)
    expect([scope, saved]).toEqual(['Container', {}])
  })

  it('in Audit writes nothing and remembers nothing', () => {
    expect(sweep(scopesFrom(), by({ mode: 'Audit' }))).toEqual(['would'])
    expect(steps).toEqual([])
  })

  it('says that a kernel without memory.oom.group does not have it', () => {
    scope = undefined
    expect(sweep(scopesFrom())).toEqual(['failed Unsupported'])
    expect(steps).toEqual([])
  })

  it.each([
    [{ kind: 'refused' } as const, 'failed CgroupReadOnly'],
    [{ kind: 'failed', message: 'EIO' } as const, 'failed WriteFailed'],
  ])('says why it could not be written: %j', (outcome, told) => {
    answer = outcome
    expect(sweep(scopesFrom())).toEqual([told])
  })

  it('waits for its turn', () => {
    mayWrite = false
    const scopes = scopesFrom()
    expect(sweep(scopes)).toEqual(['failed Reconciling'])
    mayWrite = true
    expect(sweep(scopes)).toEqual(['applied'])
  })

  it('forgets a container that is gone', () => {
    const scopes = scopesFrom({ [A]: 'Container' })
    scopes.sweep(
      [],
      [],
      () => true,
      () => undefined,
    )
    expect(scopes.containerIds).toEqual([])
  })
})

describe('what containers had, on disk', () => {
  it('is read as it was written, and is none of another boot', () => {
    const kept = { containers: { [A]: 'Process' as const }, lostAtTicks: 7 }
    const text = formatKillScopes('boot', kept)
    expect(parseKillScopes(text, 'boot')).toEqual({ ok: true, kept })
    expect(parseKillScopes(text, 'other')).toEqual({ ok: true, kept: { containers: {} } })
    expect(parseKillScopes('{', 'boot')).toMatchObject({ ok: false })
  })
})
