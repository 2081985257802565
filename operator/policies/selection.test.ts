import { describe, expect, it } from '@jest/globals'
import type { OomPolicySpec } from '../api/oomPolicySpec.ts'
import { policyOf, policyPodOf } from '../testing/policies.ts'
import { selectsContainer, selectsPod, type Policy, type PolicyPod } from './selection.ts'

const NAMESPACE = { team: 'a' }
const selects = (policy: Policy, pod: PolicyPod = policyPodOf()): boolean => selectsPod(policy, pod, NAMESPACE)
const WEB = { matchLabels: { app: 'web' } }

describe('selectsPod', () => {
  it.each([
    ['all', { all: true }],
    ['the pod’s labels', { podSelector: WEB }],
    ['the namespace’s labels', { namespaceSelector: { matchLabels: { team: 'a' } } }],
    ['its PriorityClass', { priorityClassNames: ['low', 'high'] }],
    ['all that are given', { podSelector: WEB, priorityClassNames: ['high'] }],
  ])('selects a pod by %s', (_what, spec) => {
    expect(selects(policyOf('p', spec), policyPodOf({ priorityClass: 'high' }))).toBe(true)
  })

  it.each([
    ['the pod’s labels', { podSelector: { matchLabels: { app: 'api' } } }],
    ['the namespace’s labels', { namespaceSelector: { matchLabels: { team: 'b' } } }],
    ['its PriorityClass', { priorityClassNames: ['low'] }],
    ['one of two selectors', { podSelector: WEB, priorityClassNames: ['low'] }],
  ])('selects no pod by %s when they differ', (_what, spec) => {
    expect(selects(policyOf('p', spec), policyPodOf({ priorityClass: 'high' }))).toBe(false)
  })

  it('selects no pod without a PriorityClass by the name of one', () => {
    expect(selects(policyOf('p', { priorityClassNames: ['high'] }))).toBe(false)
  })

  it.each([[{}], [{ podSelector: {} }], [{ namespaceSelector: { matchLabels: {} }, all: false }]])(
    'selects nothing by nothing: %j',
    (selectors) => {
      const { all: _all, ...spec } = policyOf().spec
      const bare: OomPolicySpec = { ...spec, ...selectors }
      expect(selects(policyOf('p', {}, { spec: bare }))).toBe(false)
    },
  )

  it('selects nothing any more once the policy is being deleted', () => {
    expect(selects(policyOf('p', {}, { deleting: true }))).toBe(false)
  })

  it('leaves pods alone whose namespace is not known', () => {
    expect(selectsPod(policyOf(), policyPodOf(), undefined)).toBe(false)
  })
})

describe('selectsContainer', () => {
  const app = { name: 'app', type: 'App' } as const
  const proxy = { name: 'proxy', type: 'Sidecar' } as const
  const setup = { name: 'setup', type: 'Init' } as const
  const debug = { name: 'debugger', type: 'Ephemeral' } as const
  const selected = (spec: object) =>
    [app, proxy, setup, debug]
      .filter((one) => selectsContainer(policyOf('p', { ...spec }), one))
      .map(({ name }) => name)

  it.each([
    [{}, ['app', 'proxy', 'setup', 'debugger']],
    [{ containers: ['proxy', 'debugger'] }, ['proxy', 'debugger']],
    [{ containerTypes: ['App', 'Sidecar'] }, ['app', 'proxy']],
    [{ containerTypes: ['Init'] }, ['setup']],
    [{ containers: ['app', 'proxy'], containerTypes: ['Sidecar'] }, ['proxy']],
  ])('selects by name and type: %j', (spec, names) => {
    expect(selected(spec)).toEqual(names)
  })
})
