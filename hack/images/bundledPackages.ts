import type { Metafile } from 'esbuild'

/** Where hack/bundle.ts writes which packages are in dist/, for images to say so. */
export const BUNDLED_PACKAGES = 'dist/packages.json'

/**
 * The packages of which a bundle has a part, by their folders as package-lock.json names them, in order: what esbuild left
 * out is not in the image either.
 */
export function findBundledPackages(metafiles: readonly Metafile[]): string[] {
  const inputs = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs: parts }) => Object.entries(parts))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => packageFolder(path) ?? [])
  return [...new Set(inputs)].toSorted()
}

/** `node_modules/a/node_modules/@s/b/lib/x.js` → `node_modules/a/node_modules/@s/b`; undefined for a file of our own. */
function packageFolder(path: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0]
}
