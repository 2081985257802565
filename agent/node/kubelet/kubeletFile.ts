import type { NodeFiles } from '../nodeFiles.ts'
import type { KubeletConfig } from './kubeletConfig.ts'

/** Where kubeadm, and so most distributions, keep it; below the node's root. */
export const KUBELET_CONFIG = 'var/lib/kubelet/config.yaml'

/** A configuration that was looked for: found, or why not. */
export type KubeletFile = { config: KubeletConfig } | { config: undefined; problem: string }

/** @param load loads its text; asked only where there is one */
export async function readKubeletFile(
  files: NodeFiles,
  path: string,
  load: (text: string) => Promise<KubeletConfig | { problem: string }>,
): Promise<KubeletFile> {
  const text = files.readText(path)
  if (text === undefined) {
    const isThere = files.access(path) !== 'missing'
    return { config: undefined, problem: isThere ? 'it may not be read' : 'there is none' }
  }
  const loaded = await load(text)
  return 'problem' in loaded ? { config: undefined, problem: loaded.problem } : { config: loaded }
}
