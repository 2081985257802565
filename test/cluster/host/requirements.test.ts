import { describe, expect, it } from '@jest/globals'
import { missingPackages } from './requirements.ts'

describe('missingPackages', () => {
  it('is empty when every program is there', () => {
    expect(missingPackages(() => true, '/usr/lib/cni')).toEqual([])
  })

  it('names each Debian package once', () => {
    const isThere = (program: string): boolean => !['containerd', 'ctr', 'ip'].includes(program)
    expect(missingPackages(isThere, undefined)).toEqual(['containerd', 'iproute2', 'containernetworking-plugins'])
  })
})
