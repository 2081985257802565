import { expect, it } from '@jest/globals'
import { policyOf, policyPodOf } from '../testing/policies.ts'
import { draftPodReason } from './draftPodReason.ts'

it('draftPodReason tells a pod which policy is not applied in which container, and why', () => {
  const why = { reason: 'UnlimitedMemory', message: 'it has no \u001b[31mlimit' }
  expect(
    draftPodReason({ policy: policyOf(), pod: policyPodOf(), container: 'app', containerId: 'c', ...why }),
  ).toMatchObject({
    regarding: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
    reason: 'OOMPolicyNotApplied',
    note: 'OOMPolicy p is not applied in container app: UnlimitedMemory: it has no \\x1b[31mlimit',
  })
})
