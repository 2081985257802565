import type { KubeTarget } from '../../adapters/kubectl.ts'
import type { Completion } from './complete.ts'
import type { CompletionWord } from './scripts.ts'

/** Asks the cluster for names. */
export interface NameSource {
  currentNamespace(): Promise<string>
  names(what: 'oomreports' | 'namespaces' | 'nodes', namespace?: string): Promise<readonly string[]>
  contexts(): Promise<readonly string[]>
}

/** The words that a completion comes to. @throws ProgramError where the cluster does not answer. */
export async function readWords(
  completion: Completion,
  open: (target: KubeTarget) => NameSource,
): Promise<readonly CompletionWord[] | 'files'> {
  if (completion.kind === 'files') return 'files'
  if (completion.kind === 'words') return completion.words
  const { namespace, context, kubeconfig } = completion.given
  const source = open({ context, kubeconfig })
  const asWords = (names: readonly string[]) => names.map((text) => ({ text }))
  switch (completion.kind) {
    case 'contexts':
      return asWords(await source.contexts())
    case 'namespaces':
    case 'nodes':
      return asWords(await source.names(completion.kind))
    case 'reports':
      return asWords(await source.names('oomreports', namespace ?? (await source.currentNamespace())))
  }
}
