import { readFile } from 'node:fs/promises'
import type { BuildOptions, Plugin } from 'esbuild'

export const BUNDLE = {
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  minify: true,
  legalComments: 'linked',
  logLevel: 'warning',
} satisfies BuildOptions

/** `import { names } from 'node:…'` and `import('node:…')` of our own sources. */
const STATIC_IMPORT = /^import \{([^}]+)\} from '(node:[^']+)'$/gm
const DYNAMIC_IMPORT = /\bimport\(('node:[^']+')\)/g

/**
 * Node's modules without their ES module faces, which load all that a module could export: half of what a light command
 * takes to start would be `fs.promises` with readline, and `util`'s `TextDecoder` with node's streams and workers.
 */
export const bareBuiltins: Plugin = {
  name: 'bare-builtins',
  setup(bundle) {
    bundle.onLoad({ filter: /\.ts$/, namespace: 'file' }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8'))
        .replaceAll(STATIC_IMPORT, (_all, names: string, builtin: string) => {
          const values = names.split(',').filter((name) => name.trim() !== '' && !name.trim().startsWith('type '))
          return `const {${values.join(',').replaceAll(' as ', ': ')}} = process.getBuiltinModule('${builtin}')`
        })
        .replaceAll(DYNAMIC_IMPORT, 'Promise.resolve(process.getBuiltinModule($1))'),
      loader: 'ts',
    }))
  },
}
