import { globSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { bareBuiltins, BUNDLE } from './bundleOptions.ts'

/** `cli/main.ts` with each command as a part of its own beside it, which `cli/adapters/bundlePart.ts` loads. */
const commandParts: Plugin = {
  name: 'command-parts',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/commands\// }, ({ path }) => ({ path, namespace: 'command' }))
    bundle.onLoad({ filter: /^/, namespace: 'command' }, ({ path }) => ({
      contents: `import { loadPart } from './adapters/bundlePart.ts'
        export const { run } = loadPart(import.meta.dirname, '${partName(path)}.cjs')`,
      resolveDir: resolve('cli'),
    }))
  },
}

function partName(command: string): string {
  return `cli-${basename(command, '.ts')}`
}

/** Writes dist/cli.mjs, and a part for each command, without its code cache. */
export async function bundleCli(): Promise<{ metafile: Metafile }[]> {
  const commands = globSync('cli/commands/*.ts').toSorted()
  return Promise.all([
    build({ ...BUNDLE, entryPoints: { cli: 'cli/main.ts' }, plugins: [bareBuiltins, commandParts] }),
    build({
      ...BUNDLE,
      entryPoints: Object.fromEntries(commands.map((command) => [partName(command), command])),
      outExtension: { '.js': '.cjs' },
      format: 'cjs',
      banner: { js: '(function (module) {' },
      footer: { js: '})' },
      plugins: [bareBuiltins],
    }),
  ])
}
