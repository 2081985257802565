import { dirname } from 'node:path'
import { PART_PATH } from '../process/part.ts'
import { runCommand } from '../process/run.ts'

export interface KubectlOptions {
  stdin?: string
  timeoutMs?: number
}

/** Standard output of one kubectl call; a failure is a CommandError with kubectl's words. */
export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<string>

export function kubectlWith(binary: string, kubeconfig: string): Kubectl {
  // A clean environment: the caller's proxy would lead kubectl astray.
  const env = { PATH: PART_PATH, HOME: dirname(kubeconfig), KUBECONFIG: kubeconfig }
  return (args, options = {}) => runCommand([binary, ...args], { timeoutMs: 60_000, ...options, env })
}
