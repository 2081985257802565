import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { load } from 'js-yaml'
import { pinImage } from './pinImage.ts'

const DIGEST = `sha256:${'0f'.repeat(32)}`
const values = readFileSync(resolve(import.meta.dirname, '../../charts/oomkeeper/values.yaml'), 'utf8')

describe('pinImage', () => {
  it('names the product’s image by its digest, and changes nothing else', () => {
    const before = load(values) as { image: object }
    expect(load(pinImage(values, DIGEST))).toEqual({ ...before, image: { ...before.image, digest: DIGEST } })
  })

  it('refuses what is no digest, and values that have no place for one', () => {
    expect(() => pinImage(values, 'sha256:0f')).toThrow('expected a digest like sha256:… of the image, got "sha256:0f"')
    expect(() => pinImage('image:\n  tag: 1\n', DIGEST)).toThrow('to have one line "  digest: \'\'", got 0')
  })
})
