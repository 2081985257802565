import { isProgramError } from '#program/errors.ts'
import type { ReportKind, ReportPlace } from '../reports/reference.ts'
import { listApiObjects, readApiObject } from './apiObjects.ts'
import { runKubectl, type KubeTarget } from './kubectl.ts'

const API_VERSION = 'oomkeeper.io/v1alpha1'
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
  list(kind: ReportKind, namespace: string | undefined): AsyncGenerator<unknown> {
    return listApiObjects(this.#target, collection(kind, namespace), { apiVersion: API_VERSION, kind }, PAGE)
  }

  /** @throws ProgramError ObjectMissing where there is none. */
  async get({ kind, namespace, name }: ReportPlace): Promise<unknown> {
    return readApiObject(this.#target, `${collection(kind, namespace)}/${encodeURIComponent(name)}`)
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
}

function collection(kind: ReportKind, namespace: string | undefined): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `/apis/${API_VERSION}${within}/${PLURAL[kind]}`
}
