import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { composeNotices, readBundledPackage } from './bundledLicenses.ts'

describe('the notices of bundled packages', () => {
  let checkout: string
  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'oomkeeper-licenses-'))
  })
  afterEach(() => rmSync(checkout, { recursive: true }))

  const put = (name: string, files: Readonly<Record<string, string>>) => {
    const folder = join(checkout, 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', license: 'MIT' }))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
    return readBundledPackage(checkout, `node_modules/${name}`)
  }

  it('have each package’s own words, whatever the file is called', () => {
    const packages = [
      put('@s/one', { 'LICENSE.md': 'one may\n', NOTICE: 'and must' }),
      put('two', { 'licence-mit': 'two may', 'licensing.js': 'code' }),
    ]
    expect(packages.map(({ texts }) => texts)).toEqual([['one may', 'and must'], ['two may']])
    expect(composeNotices(packages)).toMatch(/@s\/one@1\.0\.0 \(MIT\)\n\none may\n\nand must\n-{80}\n\ntwo@1\.0\.0/)
  })

  it('have the licence’s name of a package that brings no text', () => {
    expect(composeNotices([put('bare', {})])).toMatch(/bare@1\.0\.0 \(MIT\)$/)
  })
})
