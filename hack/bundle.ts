import { build } from 'esbuild'

/** CommonJS parts of the dependencies ask for `require`, which an ES module does not have. */
const REQUIRE_BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const programs = {
  agent: 'agent/main.ts',
  operator: 'operator/main.ts',
  restore: 'operator/restore/main.ts',
  cli: 'cli/main.ts',
}

await build({
  entryPoints: programs,
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  banner: { js: REQUIRE_BANNER },
  logLevel: 'warning',
})
console.log(
  `build ok: ${Object.keys(programs)
    .map((name) => `dist/${name}.mjs`)
    .join(', ')}`,
)
