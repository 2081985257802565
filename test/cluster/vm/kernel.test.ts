import { describe, expect, it } from '@jest/globals'
import { newestKernelPackage } from './kernel.ts'

const NAMES = [
  'linux-image-6.1.0-9-cloud-amd64',
  'linux-image-6.1.0-56-cloud-amd64',
  'linux-image-6.1.0-56-cloud-amd64-dbg',
  'linux-image-6.1.0-60-amd64',
  'linux-image-6.12.9+deb12-cloud-amd64',
  'linux-image-6.12.117+deb12-cloud-amd64',
  'linux-image-6.12-cloud-amd64',
]

describe('newestKernelPackage', () => {
  it.each([
    ['6.12', 'linux-image-6.12.117+deb12-cloud-amd64'],
    ['6.1', 'linux-image-6.1.0-56-cloud-amd64'],
  ])('takes the newest cloud kernel of %s by its numbers', (series, expected) => {
    expect(newestKernelPackage(series, NAMES)).toBe(expected)
    expect(newestKernelPackage(series, NAMES.toReversed())).toBe(expected)
  })

  it('has none for a series that apt does not know', () => {
    expect(newestKernelPackage('5.10', NAMES)).toBeUndefined()
  })
})
