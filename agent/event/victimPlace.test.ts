import { describe, expect, it } from '@jest/globals'
import { resolveAttribution } from './victimPlace.ts'

const UID = '0f3a1c5e-9d2b-4c6f-8a7e-1b2c3d4e5f60'
const ID = 'ab'.repeat(32)

describe('resolveAttribution', () => {
  it('takes the kernel’s word before what /proc says', () => {
    const { source, cgroupPath } = resolveAttribution(`/kubepods/pod${UID}/${ID}`, '/system.slice/sshd.service')
    expect({ source, cgroupPath }).toEqual({ source: 'dump', cgroupPath: `/kubepods/pod${UID}/${ID}` })
  })

  it('knows a pod whose ancestors a cgroup namespace hides', () => {
    expect(resolveAttribution(undefined, `/../../pod${UID}/${ID}`)).toMatchObject({ podUid: UID, containerId: ID })
  })

  it.each([undefined, '/..', `/../${ID}`, '/../../init.scope'])(
    'does not take %s for a process of the host',
    (path) => {
      expect(resolveAttribution(undefined, path)).toEqual({ source: 'none' })
    },
  )
})
