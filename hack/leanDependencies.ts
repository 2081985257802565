import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { OnLoadResult, Plugin } from 'esbuild'

interface Replacement {
  /** Of the file that asks for it. */
  importer: RegExp
  /** As it is asked for. */
  path: RegExp
  contents: string
}

/** Parts of the agent's dependencies that it never calls, or seldom: each would stay in memory on every node. */
const REPLACEMENTS: readonly Replacement[] = [
  {
    // Without clusters, push gateways, summaries and node's own metrics, which bring node:cluster, http clients and OpenTelemetry.
    importer: /\/agent\/metrics\.ts$/,
    path: /^prom-client$/,
    contents: `exports.Registry = require('prom-client/lib/registry')
      exports.Counter = require('prom-client/lib/counter')
      exports.Gauge = require('prom-client/lib/gauge')`,
  },
  {
    // An exemplar is asked for a trace, which the agent has none of.
    importer: /\/prom-client\//,
    path: /^@opentelemetry\/api$/,
    contents: `throw new Error('expected no exemplars')`,
  },
  {
    // The agent logs to its own standard output.
    importer: /\/pino\//,
    path: /\/transport$/,
    contents: `module.exports = () => { throw new Error('expected a log without transports') }`,
  },
  {
    importer: /\/pino\//,
    path: /^worker_threads$/,
    contents: `exports.isMainThread = true`,
  },
  {
    // Logins by key and by JWT: the agent's is a password.
    importer: /\/nats\//,
    path: /^nkeys\.js$/,
    contents: `exports.fromSeed = exports.encode = () => { throw new Error('expected a login by password') }`,
  },
  {
    // OpenSSL's sockets, when a server asks for them.
    importer: /\/nats\//,
    path: /^tls$/,
    contents: `let tls
      exports.connect = (...args) => (tls ??= process.getBuiltinModule('node:tls')).connect(...args)
      const NobodysSocket = class {}
      Object.defineProperty(exports, 'TLSSocket', { get: () => tls?.TLSSocket ?? NobodysSocket })`,
  },
]

/** What nats fills in for Node 14: to ask whether it is there loads it. */
const NATS_MAIN = /\/nats\/lib\/src\/mod\.js$/
const NATS_POLYFILL = /typeof globalThis\.(crypto|ReadableStream) === "undefined"/g

export const leanDependencies: Plugin = {
  name: 'lean-dependencies',
  setup(bundle) {
    for (const [index, { importer, path }] of REPLACEMENTS.entries()) {
      bundle.onResolve({ filter: path }, (asked) =>
        importer.test(asked.importer)
          ? { path: String(index), namespace: 'lean', pluginData: asked.importer }
          : undefined,
      )
    }
    bundle.onLoad({ filter: /^/, namespace: 'lean' }, ({ path, pluginData }) => ({
      contents: REPLACEMENTS[Number(path)]?.contents ?? '',
      resolveDir: dirname(pluginData as string),
    }))
    bundle.onLoad({ filter: NATS_MAIN }, loadNatsMain)
  },
}

async function loadNatsMain({ path }: { path: string }): Promise<OnLoadResult> {
  const source = await readFile(path, 'utf8')
  const found = source.match(NATS_POLYFILL)?.length
  if (found !== 2) throw new Error(`expected two polyfills in ${path}, got ${found ?? 0}: look at it again`)
  return { contents: source.replaceAll(NATS_POLYFILL, 'false') }
}
