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
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions

/** `import { names } from 'node:…'` and `import('node:…')` of our own sources. */
const STATIC_IMPORT = /^import \{([^}]+)\} from '(node:[^']+)'$/gm
const DYNAMIC_IMPORT = /\bimport\(('node:[^']+')\)/g

/**
 * Node's modules without their ES module faces, which load all that a module could export: half of what a light command
 * takes to start would be `fs.promises` with readline, and `util`'s `TextDecoder` with node's streams and workers.
 */
export const bareBuiltins = rewriting('bare-builtins', withBareBuiltins)

/** Node's modules of which a function is seldom called, or not before there is a kill. */
const LATE_BUILTINS = new Set(['node:child_process', 'node:crypto', 'node:zlib'])

/** The same, and those modules only when a function of theirs is called. */
export const lateBuiltins = rewriting('late-builtins', (source) => withBareBuiltins(withLateBuiltins(source)))

/** A program's main file as a part: a script cannot await, and nothing comes after its last line. */
export const programPart = rewriting('program-part', (source) =>
  withBareBuiltins(source.replace(/^await runProgram\(/m, 'void runProgram(')),
)

function rewriting(name: string, rewrite: (source: string) => string): Plugin {
  return {
    name,
    setup(bundle) {
      bundle.onLoad({ filter: /\.ts$/, namespace: 'file' }, async ({ path }) => ({
        contents: rewrite(await readFile(path, 'utf8')),
        loader: 'ts',
      }))
    },
  }
}

function withLateBuiltins(source: string): string {
  return source.replaceAll(STATIC_IMPORT, (all, names: string, builtin: string) =>
    LATE_BUILTINS.has(builtin)
      ? importedValues(names)
          .map((name) => `const ${name} = (...args) => process.getBuiltinModule('${builtin}').${name}(...args)`)
          .join('\n')
      : all,
  )
}

function importedValues(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
}

function withBareBuiltins(source: string): string {
  return source
    .replaceAll(STATIC_IMPORT, (_all, names: string, builtin: string) => {
      const values = importedValues(names).join(', ').replaceAll(' as ', ': ')
      return `const { ${values} } = process.getBuiltinModule('${builtin}')`
    })
    .replaceAll(DYNAMIC_IMPORT, 'Promise.resolve(process.getBuiltinModule($1))')
}
