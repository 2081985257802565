import { resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { BUNDLE, programPart } from './bundleOptions.ts'

/** All of the operator but its first lines. */
const PART = 'operator-part'

/** `dist/operator.mjs` loads the part beside it, with what V8 compiled of it. */
const start: Plugin = {
  name: 'operator-start',
  setup(bundle) {
    bundle.onResolve({ filter: /^operator-start$/ }, ({ path }) => ({ path, namespace: 'start' }))
    bundle.onLoad({ filter: /^/, namespace: 'start' }, () => ({
      contents: `import { createRequire } from 'node:module'
        import { loadPart } from './adapters/bundlePart.ts'
        loadPart(import.meta.dirname, '${PART}.cjs', createRequire(import.meta.url))`,
      resolveDir: resolve('cli'),
    }))
  },
}

/** Writes both, without the code cache. */
export async function bundleOperator(): Promise<{ metafile: Metafile }[]> {
  return Promise.all([
    build({ ...BUNDLE, entryPoints: { operator: 'operator-start' }, plugins: [start] }),
    build({
      ...BUNDLE,
      keepNames: true,
      entryPoints: { [PART]: 'operator/main.ts' },
      outExtension: { '.js': '.cjs' },
      format: 'cjs',
      banner: { js: '(function (module, require) {' },
      footer: { js: '})' },
      plugins: [programPart],
    }),
  ])
}
