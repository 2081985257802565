import { describe, expect, it } from '@jest/globals'
import { matchesGlob } from './glob.ts'

describe('matchesGlob', () => {
  it.each([
    ['postgres', 'postgres'],
    ['python3*', 'python3.11'],
    ['*worker', 'gunicorn: worker'],
    ['*a*b*', 'xxaxxbxx'],
    ['a*aab', 'aaaab'],
    ['kworker/?:?', 'kworker/0:1'],
    ['*', ''],
    ['[a-z]', '[a-z]'],
    ['**', 'any'],
  ])('fits %s to %s', (glob, text) => {
    expect(matchesGlob(glob, text)).toBe(true)
  })

  it.each([
    ['postgres', 'postgres2'],
    ['postgres', 'postgre'],
    ['?', ''],
    ['[a-z]', 'b'],
    ['*b', 'ba'],
    ['a.c', 'abc'],
    ['*a*b*', 'ba'],
    ['', 'a'],
  ])('does not fit %s to %s', (glob, text) => {
    expect(matchesGlob(glob, text)).toBe(false)
  })

  it('ends soon for what would take others for ever', () => {
    expect(matchesGlob(`${'*a'.repeat(31)}*b`, 'a'.repeat(4096))).toBe(false)
  })
})
