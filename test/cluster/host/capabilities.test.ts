import { describe, expect, it } from '@jest/globals'
import { hasCapability } from './capabilities.ts'

describe('hasCapability', () => {
  it('reads the effective capabilities, not the permitted ones', () => {
    const status = 'CapPrm:\t000001ffffffffff\nCapEff:\t000001fffeffffff\n'
    expect(hasCapability('CAP_SYS_RESOURCE', status)).toBe(false)
    expect(hasCapability('CAP_SYS_ADMIN', status)).toBe(true)
  })

  it('takes what it cannot read for none', () => {
    expect(hasCapability('CAP_SYS_ADMIN', '')).toBe(false)
  })
})
