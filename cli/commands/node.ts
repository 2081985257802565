import { parseFlags } from '#program/flags.ts'
import { answerFlags } from '../adapters/answer.ts'
import { NodeRoot } from '../adapters/nodeRoot.ts'
import { showsColor, writeOut } from '../adapters/standardOutput.ts'
import { node } from '../node.ts'
import { nodeAbout, nodeFlags } from '../nodeFlags.ts'

export async function run(name: string, argv: readonly string[]): Promise<number> {
  const parsed = parseFlags(name, nodeFlags, argv, process.env, nodeAbout)
  if (parsed.kind !== 'values') return answerFlags(name, parsed)
  const { text, exitCode } = await node(parsed.values, {
    openRoot: (root) => new NodeRoot(root),
    loadKubeletConfig,
    hasColor: showsColor(process.env),
  })
  writeOut(`${text}\n`, exitCode)
  return exitCode
}

/** Loaded only where there is one. */
async function loadKubeletConfig(text: string) {
  const loader = await import('../../agent/node/kubelet/loadKubeletConfig.ts')
  return loader.loadKubeletConfig(text)
}
