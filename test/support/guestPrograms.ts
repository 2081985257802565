import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { packFiles } from '../cluster/vm/cpio.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Where a guest has them: as in the checkout, so that they are found. */
export const INSIDE = 'oomkeeper'

/**
 * The same Node.js for a guest, and files of dist/ by their names. Node.js is 120 MiB of memory.
 * @param programs of this machine, with their paths: they are there too
 */
export function packGuestPrograms(
  names: readonly string[],
  more: ReadonlyMap<string, Uint8Array> = new Map(),
  programs: readonly string[] = [],
): Buffer {
  const node = process.execPath
  const libraries = new Set([node, ...programs].flatMap(librariesOf))
  const files = new Map<string, Uint8Array>([
    ['bin/node', readFileSync(node)],
    ...names.map((name): [string, Uint8Array] => [`${INSIDE}/dist/${name}`, readFileSync(join(ROOT, 'dist', name))]),
    ...[...libraries, ...programs].map((path): [string, Uint8Array] => [path.slice(1), readFileSync(path)]),
    ...more,
  ])
  return packFiles(files)
}

function librariesOf(program: string): string[] {
  const said = execFileSync('ldd', [program], { encoding: 'utf8' })
  return [...said.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
}
