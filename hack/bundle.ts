import { globSync, rmSync } from 'node:fs'
import { build, type BuildOptions } from 'esbuild'

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

const programs = { agent: 'agent/main.ts', operator: 'operator/main.ts', restore: 'operator/restore/main.ts' }

// What a light command does not need is loaded when it is asked for: parts of their own, without the loader's `require`.
for (const part of globSync('dist/cli*.mjs')) rmSync(part)
await Promise.all([
  build({ ...common, entryPoints: programs, banner: { js: REQUIRE_BANNER } }),
  build({ ...common, entryPoints: { cli: 'cli/main.ts' }, splitting: true, chunkNames: 'cli-[name]-[hash]' }),
])
console.log(`build ok: ${[...Object.keys(programs), 'cli'].map((name) => `dist/${name}.mjs`).join(', ')}`)
