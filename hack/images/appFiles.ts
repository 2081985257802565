import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { warmParts } from '../warmParts.ts'
import { composeNotices, type BundledPackage } from './bundledLicenses.ts'
import { CHECKOUT } from './checkout.ts'
import { textFile, type ImageFile } from './imageFile.ts'

const PROGRAMS = ['agent', 'operator', 'restore', 'keys', 'selftest', 'cli']

/**
 * What the image has in /app: the bundles with what V8 compiles of them, and the licences.
 * @param foreignNode how Node.js of another architecture is started; undefined: dist/ has this machine's
 */
export function readAppFiles(
  packages: readonly BundledPackage[],
  foreignNode: readonly [string, ...string[]] | undefined,
): ImageFile[] {
  const dist = join(CHECKOUT, 'dist')
  for (const program of PROGRAMS) {
    if (!existsSync(join(dist, `${program}.mjs`)))
      throw new Error(`expected dist/${program}.mjs, found none: run "make build" first`)
  }
  const bundles = globSync('*.{mjs,cjs,LEGAL.txt}', { cwd: dist }).map((name) => join(dist, name))
  return [
    ...bundles.map(appFile),
    ...(foreignNode === undefined
      ? globSync(join(dist, '*.cache')).map(appFile)
      : compileElsewhere(bundles, foreignNode)),
    appFile(join(CHECKOUT, 'LICENSE')),
    textFile('app/NOTICES.txt', composeNotices(packages)),
  ]
}

function appFile(path: string): ImageFile {
  return textFile(`app/${basename(path)}`, readFileSync(path))
}

function compileElsewhere(bundles: readonly string[], node: readonly [string, ...string[]]): ImageFile[] {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-compile-'))
  try {
    mkdirSync(join(folder, 'dist'))
    for (const path of bundles) cpSync(path, join(folder, 'dist', basename(path)))
    warmParts(folder, node)
    return globSync(join(folder, 'dist/*.cache')).map(appFile)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
