import { isProgramError, ProgramError } from '#program/errors.ts'
import type { ReportKind, ReportPlace } from '../reports/reference.ts'
import { runKubectl, type KubeTarget } from './kubectl.ts'

const API = '/apis/oomkeeper.io/v1alpha1'
const PLURAL: Readonly<Record<ReportKind, string>> = { OOMReport: 'oomreports', NodeOOMReport: 'nodeoomreports' }
/** A report takes up to 64 KiB; a page is a process of kubectl. */
const PAGE = 250

/** Reads reports from the apiserver, as whoever calls may. */
export class StoredReports {
  readonly #target: KubeTarget

  constructor(target: KubeTarget) {
    this.#target = target
  }

  /** The namespace of the context, as kubectl takes it; `default` where it names none. */
  async currentNamespace(): Promise<string> {
    try {
      const said = await runKubectl(this.#target, ['config', 'view', '--minify', '-o', 'jsonpath={..namespace}'])
      return said.trim() || 'default'
    } catch (error) {
      // In a pod there is no kubeconfig, and kubectl does without.
      if (isProgramError(error) && error.code === 'KubectlFailed') return 'default'
      throw error
    }
  }

  /** @returns objects as the apiserver sends them, page by page. @throws ProgramError */
  async *list(kind: ReportKind, namespace: string | undefined): AsyncGenerator<unknown> {
    let next: string | undefined
    do {
      const query = new URLSearchParams({ limit: String(PAGE), ...(next && { continue: next }) })
      const page = await this.#read(`${collection(kind, namespace)}?${query.toString()}`)
      const { items, metadata } = page as { items?: readonly object[]; metadata?: { continue?: string } }
      // Items of a list come without their kind.
      for (const item of items ?? []) yield { apiVersion: 'oomkeeper.io/v1alpha1', kind, ...item }
      next = metadata?.continue
    } while (next)
  }

  /** @throws ProgramError ObjectMissing where there is none. */
  async get({ kind, namespace, name }: ReportPlace): Promise<unknown> {
    return this.#read(`${collection(kind, namespace)}/${encodeURIComponent(name)}`)
  }

  /** For completion. @throws ProgramError */
  async names(what: 'oomreports' | 'namespaces' | 'nodes', namespace?: string): Promise<readonly string[]> {
    const within = namespace === undefined ? [] : ['-n', namespace]
    const resource = what === 'oomreports' ? `${what}.oomkeeper.io` : what
    const said = await runKubectl(this.#target, ['get', resource, ...within, '-o', 'name', '--request-timeout', '5s'])
    return said.split('\n').flatMap((line) => line.split('/')[1] ?? [])
  }

  async contexts(): Promise<readonly string[]> {
    const said = await runKubectl(this.#target, ['config', 'get-contexts', '-o', 'name'])
    return said.split('\n').filter((line) => line !== '')
  }

  async #read(path: string): Promise<unknown> {
    const text = await runKubectl(this.#target, ['get', '--raw', path])
    try {
      return JSON.parse(text)
    } catch (error) {
      const message = `expected JSON of the apiserver, got ${text.length} characters that are none`
      throw new ProgramError(message, { code: 'KubectlFailed', retry: true, cause: error })
    }
  }
}

function collection(kind: ReportKind, namespace: string | undefined): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${API}${within}/${PLURAL[kind]}`
}
