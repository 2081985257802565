import { build } from 'esbuild'
import { bundleCli } from './bundleCli.ts'
import { BUNDLE, lateBuiltins } from './bundleOptions.ts'
import { leanDependencies } from './leanDependencies.ts'

/** CommonJS parts of the dependencies ask for `require`, which an ES module does not have. */
const REQUIRE_BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
/** The same where they ask for Node's own modules only. */
const BUILTIN_BANNER = 'const require = process.getBuiltinModule;'

const operator = { operator: 'operator/main.ts', restore: 'operator/restore/main.ts' }

await Promise.all([
  build({
    ...BUNDLE,
    entryPoints: { agent: 'agent/main.ts' },
    banner: { js: BUILTIN_BANNER },
    plugins: [lateBuiltins, leanDependencies],
  }),
  build({ ...BUNDLE, keepNames: true, entryPoints: operator, banner: { js: REQUIRE_BANNER } }),
  bundleCli(),
])
console.log(`build ok: ${['agent', ...Object.keys(operator), 'cli'].map((name) => `dist/${name}.mjs`).join(', ')}`)
