import { execFileSync } from 'node:child_process'
import { globSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { bareBuiltins, BUNDLE } from './bundleOptions.ts'

/** What a command is called with to see which of its functions are worth keeping compiled; without it, for its help. */
const TYPICAL_CALLS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  analyze: ['dumps/3.10-el7-java.log', 'kmsg/6.12-global.kmsg', 'kmsg/6.12-memcg-v2.kmsg'].map((log) => [
    `test/fixtures/${log}`,
  ]),
  node: [[]],
  policy: [['test', '--help']],
  rank: [[]],
  // No cluster is asked: there is no such kubeconfig, nor need there be kubectl.
  reports: [['--help'], ['show', 'node/none', '--kubeconfig', '/dev/null/none']],
  simulate: [[]],
}

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
export async function bundleCli(): Promise<void> {
  // First of all: no code cache may outlive its source.
  for (const old of globSync('dist/cli*')) rmSync(old)
  const commands = globSync('cli/commands/*.ts').toSorted()
  await Promise.all([
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
  for (const command of commands) {
    const calls = TYPICAL_CALLS[basename(command, '.ts')] ?? [['--help']]
    // A process without options, as the command itself is: V8 keeps code for its own flags only.
    execFileSync(process.execPath, ['hack/codeCache.ts', `dist/${partName(command)}.cjs`, JSON.stringify(calls)], {
      env: {},
      // What a call complains of is told only where all fails.
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }
}
