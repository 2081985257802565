import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { codeCachePath, compilePart, loadPart, loadProgram } from './bundlePart.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomkeeper-part-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Each has a text of its own: V8 remembers what it compiled in this process and then looks at no cache. */
function writePart(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, `(function (module) { module.exports = { double: (n) => n * 2 } }) // ${name}`)
  return path
}

/** Made by a process of its own, for the same reason. */
function codeCacheOf(path: string): Buffer {
  const make = `process.stdout.write(new vm.Script(fs.readFileSync(process.argv[1], 'latin1')).createCachedData())`
  return execFileSync(process.execPath, ['-e', make, path], { env: {} })
}

const double = (path: string): number => loadPart<{ double(n: number): number }>('', path).double(21)

describe('loadPart', () => {
  it('compiles a part that has no code cache', () => {
    const path = writePart('bare.cjs')
    expect(compilePart(path).cachedDataRejected).toBeUndefined()
    expect(double(path)).toBe(42)
  })

  it('takes the code cache beside it', () => {
    const path = writePart('cached.cjs')
    writeFileSync(codeCachePath(path), codeCacheOf(path))
    expect(compilePart(path).cachedDataRejected).toBe(false)
    expect(double(path)).toBe(42)
  })

  it.each([
    ['another source', () => codeCacheOf(writePart('a-longer-name.cjs'))],
    ['something that is none', () => Buffer.from('no code cache')],
    ['one that is cut off', (path: string) => codeCacheOf(path).subarray(0, 200)],
    ['nothing', () => Buffer.alloc(0)],
  ])('compiles the part where the code cache is of %s', (what, cache) => {
    const path = writePart(`${what}.cjs`)
    writeFileSync(codeCachePath(path), cache(path))
    expect(compilePart(path).cachedDataRejected).toBe(true)
    expect(double(path)).toBe(42)
  })
})

describe('loadProgram', () => {
  it('loads what its parts ask for beside them, each once, and leaves the rest to Node', () => {
    const write = (name: string, body: string): void =>
      writeFileSync(join(folder, name), `(function (module, require) { ${body} })`)
    const seen: unknown[] = []
    const say = (value: unknown): void => void seen.push(value)
    write('program.cjs', `require('say')([require('./a.cjs').text, require('./b.cjs').text])`)
    write('a.cjs', `module.exports = { text: 'a of ' + require('./b.cjs').text }`)
    write('b.cjs', `require('say')('b runs'); module.exports = { text: 'b' }`)
    const compiled: string[] = []
    loadProgram(
      folder,
      'program.cjs',
      (id) => (id === 'say' ? say : undefined),
      (path) => compiled.push(path),
    )
    expect(seen).toEqual(['b runs', ['a of b', 'b']])
    expect(compiled).toEqual(['program.cjs', 'a.cjs', 'b.cjs'].map((name) => join(folder, name)))
  })
})
