import { globSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { build, type BuildOptions, type Plugin } from 'esbuild'

/** CommonJS parts of the dependencies ask for `require`, which an ES module does not have. */
const REQUIRE_BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const common = {
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'warning',
} satisfies BuildOptions

/** `import { names } from 'node:…'` of our own sources. */
const BUILTIN_IMPORT = /^import \{([^}]+)\} from '(node:[^']+)'$/gm

/**
 * Node's modules without their ES module faces, which load all that a module could export: half of what a light command
 * takes to start would be `fs.promises` with readline, and `util`'s `TextDecoder` with node's streams and workers.
 */
const bareBuiltins: Plugin = {
  name: 'bare-builtins',
  setup(bundle) {
    bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(BUILTIN_IMPORT, (_all, names: string, builtin: string) => {
        const values = names.split(',').filter((name) => name.trim() !== '' && !name.trim().startsWith('type '))
        return `const {${values.join(',').replaceAll(' as ', ': ')}} = process.getBuiltinModule('${builtin}')`
      }),
      loader: 'ts',
    }))
  },
}

const programs = { agent: 'agent/main.ts', operator: 'operator/main.ts', restore: 'operator/restore/main.ts' }

// What a light command does not need is loaded when it is asked for: parts of their own, without the loader's `require`.
for (const part of globSync('dist/cli*.mjs')) rmSync(part)
await Promise.all([
  build({ ...common, entryPoints: programs, banner: { js: REQUIRE_BANNER } }),
  build({
    ...common,
    entryPoints: { cli: 'cli/main.ts' },
    splitting: true,
    chunkNames: 'cli-[name]-[hash]',
    plugins: [bareBuiltins],
  }),
])
console.log(`build ok: ${[...Object.keys(programs), 'cli'].map((name) => `dist/${name}.mjs`).join(', ')}`)
