import { HOG_IMAGE } from '../cluster/images/importImages.ts'
import { listManifest, namespaceManifest } from '../support/workload.ts'

/** Everything that is to be killed in a morning, each by another way into the killer. */
export interface Victim {
  namespace: string
  /** Of the report's workload. */
  kind: string
  name: string
  container: string
  /** What the kernel calls the process. */
  command: string
  /** How many kills the kernel is to make, at least: what restarts may be killed again. */
  kills: number
}

type Hog = { command: string; mib: number } & ({ in: 'self' } | { in: 'child'; repeat: number; everyMs: number })

function container(name: string, hog: Hog, limitMib?: number): object {
  const args = [
    `--in=${hog.in}`,
    `--name=${hog.command}`,
    `--mib=${hog.mib}`,
    '--delay=1s',
    ...(hog.in === 'child' ? [`--repeat=${hog.repeat}`, `--every=${hog.everyMs}ms`] : []),
  ]
  return {
    name,
    image: HOG_IMAGE,
    imagePullPolicy: 'Never',
    args,
    ...(limitMib !== undefined && {
      resources: { requests: { memory: `${limitMib / 2}Mi` }, limits: { memory: `${limitMib}Mi` } },
    }),
  }
}

function template(name: string, containers: readonly object[], spec: object = {}): object {
  return { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 1, containers, ...spec } }
}

const meta = (namespace: string, name: string): object => ({ name, namespace })
const selector = (name: string): object => ({ matchLabels: { app: name } })
const children = (command: string, mib: number, repeat: number, everyMs = 2_000): Hog => ({
  command,
  mib,
  in: 'child',
  repeat,
  everyMs,
})
const itself = (command: string, mib: number): Hog => ({ command, mib, in: 'self' })

const OBJECTS: readonly object[] = [
  ...['shop', 'data', 'ops'].map(namespaceManifest),
  // Two pods whose workers die and are started again: Kubernetes shows nothing.
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta('shop', 'checkout'),
    spec: {
      replicas: 2,
      selector: selector('checkout'),
      template: template('checkout', [container('app', children('worker', 256, 4), 64)]),
    },
  },
  // One whose first process dies: Kubernetes says OOMKilled, and starts it again.
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: meta('data', 'ledger'),
    spec: {
      serviceName: 'ledger',
      selector: selector('ledger'),
      template: template('ledger', [container('db', itself('ledgerd', 512), 96)]),
    },
  },
  // One per node, beside a container that does no harm.
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: meta('ops', 'log-collector'),
    spec: {
      selector: selector('log-collector'),
      template: template('log-collector', [
        container('collector', children('flush', 200, 2), 48),
        container('rotate', children('rotate', 8, 0)),
      ]),
    },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: meta('data', 'month-end'),
    spec: {
      schedule: '* * * * *',
      concurrencyPolicy: 'Forbid',
      jobTemplate: {
        spec: {
          backoffLimit: 0,
          template: template('month-end', [container('sum', itself('summarize', 300), 64)], { restartPolicy: 'Never' }),
        },
      },
    },
  },
  // All of a pod has a limit, its containers have none.
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta('shop', 'import'),
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      resources: { requests: { memory: '32Mi' }, limits: { memory: '64Mi' } },
      containers: [container('parse', children('parser', 256, 1)), container('fetch', children('fetch', 8, 0))],
    },
  },
  // Killed before its pod has begun.
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta('data', 'migrate'),
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      initContainers: [container('schema', itself('migrate', 256), 48)],
      containers: [container('app', children('app', 8, 0), 48)],
    },
  },
]

export const MORNING = listManifest(OBJECTS)
export const NAMESPACES: readonly string[] = ['shop', 'data', 'ops']

export const VICTIMS: readonly Victim[] = [
  { namespace: 'shop', kind: 'Deployment', name: 'checkout', container: 'app', command: 'worker', kills: 8 },
  { namespace: 'data', kind: 'StatefulSet', name: 'ledger', container: 'db', command: 'ledgerd', kills: 2 },
  { namespace: 'ops', kind: 'DaemonSet', name: 'log-collector', container: 'collector', command: 'flush', kills: 2 },
  { namespace: 'data', kind: 'CronJob', name: 'month-end', container: 'sum', command: 'summarize', kills: 1 },
  { namespace: 'shop', kind: 'Pod', name: 'import', container: 'parse', command: 'parser', kills: 1 },
  { namespace: 'data', kind: 'Pod', name: 'migrate', container: 'schema', command: 'migrate', kills: 1 },
]
