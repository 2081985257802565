import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { build, transform, type Metafile, type Plugin } from 'esbuild'
import { BUNDLE, programPart } from './bundleOptions.ts'

/** The operator and the chart's hooks: all speak to the apiserver, and what they share is in dist/ once. */
export const OPERATOR_PROGRAMS = {
  operator: 'operator/main.ts',
  restore: 'operator/restore/main.ts',
  keys: 'operator/keys/main.ts',
  selftest: 'operator/selftest/main.ts',
}

/** `dist/NAME.mjs` loads the part `NAME-part.cjs` beside it, with what V8 compiled of it. */
const start: Plugin = {
  name: 'program-start',
  setup(bundle) {
    bundle.onResolve({ filter: /^program-start:/ }, ({ path }) => ({ path, namespace: 'start' }))
    bundle.onLoad({ filter: /^/, namespace: 'start' }, ({ path }) => ({
      contents: `import { createRequire } from 'node:module'
        import { loadProgram } from './adapters/bundlePart.ts'
        loadProgram(import.meta.dirname, '${path.replace('program-start:', '')}-part.cjs', createRequire(import.meta.url))`,
      resolveDir: resolve('cli'),
    }))
  },
}

/**
 * Writes all of them, without the code cache. Functions lose their names, as in the agent: kept, each would be an object's worth of
 * memory, 1.5 MiB of the operator's.
 */
export async function bundleOperator(): Promise<{ metafile: Metafile }[]> {
  const names = Object.keys(OPERATOR_PROGRAMS)
  const starts = Object.fromEntries(names.map((name) => [name, `program-start:${name}`]))
  return Promise.all([build({ ...BUNDLE, entryPoints: starts, plugins: [start] }), bundleParts()])
}

async function bundleParts(): Promise<{ metafile: Metafile }> {
  const { metafile, outputFiles } = await build({
    ...BUNDLE,
    entryPoints: Object.fromEntries(Object.entries(OPERATOR_PROGRAMS).map(([name, file]) => [`${name}-part`, file])),
    outExtension: { '.js': '.cjs' },
    splitting: true,
    chunkNames: 'operator-[hash]',
    plugins: [programPart],
    write: false,
  })
  mkdirSync(BUNDLE.outdir, { recursive: true })
  await Promise.all(
    outputFiles.map(async ({ path, text }) => writeFileSync(path, path.endsWith('.cjs') ? await asScript(text) : text)),
  )
  return { metafile }
}

/** esbuild splits ES modules alone, and V8's code cache is of scripts. */
async function asScript(module: string): Promise<string> {
  const { code } = await transform(module, {
    format: 'cjs',
    platform: 'node',
    target: BUNDLE.target,
    minify: true,
    banner: '(function (module, require) {',
    footer: '})',
  })
  return code
}
