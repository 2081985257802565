import { describe, expect, it } from '@jest/globals'
import { describeAttribution } from './victimPlace.ts'

const UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const ID = 'ab'.repeat(32)

describe('describeAttribution', () => {
  it('names pod, container and QoS class, and who says so', () => {
    const place = { source: 'cache', cgroupPath: `/kubepods/burstable/pod${UID}/${ID}` } as const
    expect(describeAttribution(place)).toEqual({ ...place, podUid: UID, containerId: ID, qosClass: 'Burstable' })
  })

  it('knows a pod whose ancestors a cgroup namespace hides', () => {
    const place = { source: 'proc', cgroupPath: `/../../pod${UID}/${ID}` } as const
    expect(describeAttribution(place)).toMatchObject({ podUid: UID, containerId: ID })
  })

  it.each(['/..', `/../${ID}`, '/../../init.scope'])('does not take %s for a process of the host', (cgroupPath) => {
    expect(describeAttribution({ source: 'proc', cgroupPath })).toEqual({ source: 'none' })
  })

  it('says that nobody knows when nobody does', () => {
    expect(describeAttribution(undefined)).toEqual({ source: 'none' })
  })
})
