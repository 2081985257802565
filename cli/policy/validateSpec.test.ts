import { describe, expect, it } from '@jest/globals'
import { celRules } from './celRules.ts'
import { validateSpec } from './validateSpec.ts'

const holds = celRules()
const GOOD = { podSelector: { matchLabels: { app: 'web' } }, oomScoreAdj: { value: 500 } }

describe('validateSpec', () => {
  it('takes a good spec, with what the apiserver fills in', () => {
    const validated = validateSpec(GOOD, holds)
    expect(validated).toMatchObject({ ok: true, spec: { ...GOOD, mode: 'Audit', priority: 0, holdFor: '24h' } })
  })

  it('tells a problem with its place', () => {
    const problems = (spec: unknown) => {
      const validated = validateSpec(spec, holds)
      return validated.ok ? [] : validated.problems
    }
    expect(problems({ ...GOOD, oomScoreAdj: { value: -1000 } })).toEqual([
      expect.stringMatching(/^spec\.oomScoreAdj\.value: oomScoreAdj\.value must be between -990 and 1000: -1000 would/),
    ])
    expect(problems({ ...GOOD, processes: [{ command: 'a' }, {}], podselector: {} })).toEqual([
      'spec.podselector: there is no such field',
      expect.stringMatching(/^spec\.processes\[1\]: an entry of processes needs command/),
    ])
    expect(problems({ ...GOOD, processes: [{ cmdline: 'a(' }] })).toEqual([
      expect.stringMatching(/^spec\.processes\[0\]\.cmdline: cmdline must be an RE2 expression .*missing closing \)/),
    ])
    expect(problems({ ...GOOD, containers: ['a', 'a'] })).toEqual(['spec.containers: "a" is there twice'])
    expect(problems({ ...GOOD, mode: 'enforce' })).toEqual([expect.stringMatching(/^spec\.mode: /)])
    expect(problems(undefined)).toEqual([expect.stringMatching(/^spec: /)])
  })
})
