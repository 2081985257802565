export type ReportKind = 'OOMReport' | 'NodeOOMReport'

/** Where a report is in the apiserver. */
export interface ReportPlace {
  kind: ReportKind
  /** undefined for a NodeOOMReport, and until it is known. */
  namespace: string | undefined
  name: string
}

const KINDS: Readonly<Record<string, ReportKind>> = {
  oomreport: 'OOMReport',
  oomreports: 'OOMReport',
  oomr: 'OOMReport',
  node: 'NodeOOMReport',
  nodeoomreport: 'NodeOOMReport',
  nodeoomreports: 'NodeOOMReport',
  noomr: 'NodeOOMReport',
}
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

/**
 * A report as people name it: `NAME`, or `TYPE/NAME` as kubectl has it, with `node/NODE` for the report of a node. `-o name`
 * prints what is read here.
 * @param namespace of an OOMReport, where one is named @returns undefined where it is none
 */
export function parseReference(text: string, namespace: string | undefined): ReportPlace | undefined {
  const [first = '', second, ...more] = text.split('/')
  const name = second ?? first
  const kind = second === undefined ? 'OOMReport' : KINDS[first.toLowerCase().replace(/\.oomkeeper\.io$/, '')]
  if (kind === undefined || more.length > 0 || !NAME.test(name)) return undefined
  return { kind, namespace: kind === 'OOMReport' ? namespace : undefined, name }
}

/** What `-o name` prints. */
export function nameOf(kind: ReportKind, name: string): string {
  return `${kind.toLowerCase()}.oomkeeper.io/${name}`
}
