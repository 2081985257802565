import { describe, expect, it } from '@jest/globals'
import { policyPodOf } from '../../testing/policies.ts'
import { LikePods, placeIn, stemOf } from './likePods.ts'

describe('stemOf', () => {
  it.each([
    ['web-5d8f7c9b6-x2x4z', 'web'],
    ['nightly-29471040-abcde', 'nightly-29471040-abcde'],
    ['nightly-29471040-bcdfg', 'nightly'],
    ['db-0', 'db'],
    ['net-x2x4z', 'net'],
    ['by-hand', 'by-hand'],
  ])('of %s is %s', (name, stem) => {
    expect(stemOf(name)).toBe(stem)
  })
})

describe('LikePods', () => {
  const pods = new LikePods(() => [
    policyPodOf({ name: 'web-5d8f7c9b6-x2x4z' }),
    policyPodOf({ name: 'web-5d8f7c9b6-z9z9z' }),
    policyPodOf({ name: 'nightly-29471040-bcdfg', namespace: 'etl' }),
  ])

  it('finds a pod by its name', () => {
    expect(pods.find('shop', 'web-5d8f7c9b6-x2x4z')?.name).toBe('web-5d8f7c9b6-x2x4z')
  })

  it('finds one that is called alike for one that is gone, in its namespace alone', () => {
    expect(pods.find('etl', 'nightly-29469600-ccccc')?.name).toBe('nightly-29471040-bcdfg')
    expect(pods.find('shop', 'nightly-29469600-ccccc')).toBeUndefined()
    expect(pods.find('shop', 'gone-5d8f7c9b6-ccccc')).toBeUndefined()
  })
})

describe('placeIn', () => {
  it('takes a container that the pod has no more for one of its spec', () => {
    expect(placeIn(policyPodOf(), 'sidecar').member.type).toBe('Sidecar')
    expect(placeIn(policyPodOf({ members: [] }), 'app').member).toEqual({ name: 'app', type: 'App' })
  })
})
