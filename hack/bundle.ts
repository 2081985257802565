import { build } from 'esbuild'
import { bundleCli } from './bundleCli.ts'
import { BUNDLE } from './bundleOptions.ts'

/** CommonJS parts of the dependencies ask for `require`, which an ES module does not have. */
const REQUIRE_BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const programs = { agent: 'agent/main.ts', operator: 'operator/main.ts', restore: 'operator/restore/main.ts' }

await Promise.all([
  build({ ...BUNDLE, keepNames: true, entryPoints: programs, banner: { js: REQUIRE_BANNER } }),
  bundleCli(),
])
console.log(`build ok: ${[...Object.keys(programs), 'cli'].map((name) => `dist/${name}.mjs`).join(', ')}`)
