import { globSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'
import { bareBuiltins, BUNDLE } from './bundleOptions.ts'
import { warmCommands } from './warmCommands.ts'

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

/** Writes dist/cli.mjs, and a part with its code cache for each command. */
export async function bundleCli(): Promise<{ metafile: Metafile }[]> {
  // First of all: no code cache may outlive its source.
  for (const old of globSync('dist/cli*')) rmSync(old)
  const commands = globSync('cli/commands/*.ts').toSorted()
  const builds = await Promise.all([
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
  warmCommands('.')
  return builds
}
