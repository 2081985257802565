import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const LICENSE_FILE = /^(?:licen[sc]e|copying|notice)(?:[.-].*)?$/i

/** A package of npm in the bundles, with what its licence asks to be passed on. */
export interface BundledPackage {
  /** `name@version` */
  id: string
  /** An SPDX expression, as the package says it. */
  license: string
  /** Of its licence files. */
  texts: readonly string[]
}

/** @param folder `node_modules/NAME` in the checkout */
export function readBundledPackage(checkout: string, folder: string): BundledPackage {
  const place = join(checkout, folder)
  const { name, version, license } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as {
    name: string
    version: string
    license?: string
  }
  const files = readdirSync(place)
    .filter((file) => LICENSE_FILE.test(file))
    .toSorted()
  return {
    id: `${name}@${version}`,
    license: license ?? 'see below',
    texts: files.map((file) => readFileSync(join(place, file), 'utf8').trim()),
  }
}

/** One text for all of them: each licence asks for its own words to go with the program. */
export function composeNotices(packages: readonly BundledPackage[]): string {
  const head = 'oomkeeper is licensed under Apache-2.0 (LICENSE). Its programs have parts of these packages in them:\n'
  const sections = packages.map(({ id, license, texts }) => [`${id} (${license})`, ...texts].join('\n\n'))
  return [head, ...sections].join(`\n${'-'.repeat(80)}\n\n`)
}
