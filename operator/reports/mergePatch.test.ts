import { describe, expect, it } from '@jest/globals'
import { mergePatch } from './mergePatch.ts'

describe('mergePatch', () => {
  it('holds only what changed, and takes away what is gone', () => {
    const before = { a: 1, b: { c: 1, d: 2 }, e: [1, { f: 1 }], g: 'x' }
    const after = { a: 1, b: { c: 1, d: 3 }, e: [1, { f: 2 }] }
    const patch = mergePatch(before, after)
    expect(patch).toEqual({ b: { d: 3 }, e: [1, { f: 2 }], g: null })
    expect(applyMergePatch(before, patch)).toEqual(after)
  })

  it('takes away and adds what bears the name of what every object has', () => {
    const before = { byCommand: { constructor: 1, java: 2 } }
    const after = { byCommand: { java: 2, toString: 1 } }
    expect(applyMergePatch(before, mergePatch(before, after))).toEqual(after)
  })

  it('is undefined when nothing changed', () => {
    expect(mergePatch({ a: [{ b: 1 }], c: {} }, { c: {}, a: [{ b: 1 }] })).toBeUndefined()
  })
})

/** RFC 7386. */
function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = applyMergePatch(result[key], value)
  }
  return result
}
