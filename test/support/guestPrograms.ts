import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { packFiles } from '../cluster/vm/cpio.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Where a guest has them: as in the checkout, so that they are found. */
export const INSIDE = 'oomkeeper'

/** The same Node.js for a guest, with its libraries, and files of dist/ by their names. Node.js is 120 MiB of memory. */
export function packGuestPrograms(names: readonly string[], more: ReadonlyMap<string, Uint8Array> = new Map()): Buffer {
  const node = process.execPath
  const libraries = [...execFileSync('ldd', [node], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(
    ([, path = '']) => path,
  )
  const files = new Map<string, Uint8Array>([
    ['bin/node', readFileSync(node)],
    ...names.map((name): [string, Uint8Array] => [`${INSIDE}/dist/${name}`, readFileSync(join(ROOT, 'dist', name))]),
    ...libraries.map((path): [string, Uint8Array] => [path.slice(1), readFileSync(path)]),
    ...more,
  ])
  return packFiles(files)
}
