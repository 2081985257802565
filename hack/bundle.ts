import { globSync, rmSync, writeFileSync } from 'node:fs'
import { build, type Plugin } from 'esbuild'
import { bundleCli } from './bundleCli.ts'
import { BUNDLE, lateBuiltins } from './bundleOptions.ts'
import { bundleOperator, OPERATOR_PROGRAMS } from './bundleOperator.ts'
import { BUNDLED_PACKAGES, findBundledPackages } from './images/bundledPackages.ts'
import { leanDependencies } from './leanDependencies.ts'
import { warmParts } from './warmParts.ts'

/** CommonJS parts of the dependencies ask for `require`, which an ES module does not have; they ask for Node's own modules only. */
const BUILTIN_BANNER = 'const require = process.getBuiltinModule;'

/** A part of the agent that is loaded when a policy asks for it: at rest it takes no memory on any node. */
const RE2 = 'agent-re2'

const re2Apart: Plugin = {
  name: 're2-apart',
  setup(bundle) {
    bundle.onResolve({ filter: /^re2js$/ }, ({ kind }) => {
      if (kind === 'dynamic-import') return { path: `./${RE2}.mjs`, external: true }
      return { errors: [{ text: `expected the agent to load re2js by import() alone, got ${kind}` }] }
    })
  },
}

// First of all: no code cache may outlive its source, nor have a part in the next; licences are not written where there are none.
for (const old of globSync('dist/*.{cache,LEGAL.txt}')) rmSync(old)
const builds = await Promise.all([
  build({
    ...BUNDLE,
    entryPoints: { agent: 'agent/main.ts' },
    banner: { js: BUILTIN_BANNER },
    plugins: [lateBuiltins, leanDependencies, re2Apart],
  }),
  build({ ...BUNDLE, entryPoints: { [RE2]: 're2js' } }),
  bundleOperator(),
  bundleCli(),
])
const metafiles = builds.flat().map(({ metafile }) => metafile)
// What an earlier build of other programs has left would go into the image.
const written = new Set(metafiles.flatMap(({ outputs }) => Object.keys(outputs)))
for (const old of globSync('dist/*.{mjs,cjs}').filter((path) => !written.has(path))) rmSync(old)
const packages = findBundledPackages(metafiles)
writeFileSync(BUNDLED_PACKAGES, `${JSON.stringify(packages, null, 2)}\n`)
warmParts('.')
console.log(
  `build ok: ${['agent', ...Object.keys(OPERATOR_PROGRAMS), 'cli'].map((name) => `dist/${name}.mjs`).join(', ')}`,
)
