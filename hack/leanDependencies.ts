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
    // By whatever of ours asks for it. Without clusters, push gateways, summaries and Node's own metrics, which bring node:cluster, http clients and OpenTelemetry.
    importer: /\.ts$/,
    path: /^prom-client$/,
    contents: `exports.Registry = require('prom-client/lib/registry')
      exports.Counter = require('prom-client/lib/counter')
      exports.Gauge = require('prom-client/lib/gauge')`,
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
    importer: /\/sonic-boom\//,
    path: /^assert$/,
    contents: `module.exports = (value, message) => { if (!value) throw new Error(message) }`,
  },
  {
    // Logins by key and by JWT: the agent's is a token or a password, which are sent as they are.
    importer: /\/nats\//,
    path: /^nkeys\.js$/,
    contents: `exports.fromSeed = exports.encode = () => { throw new Error('expected a login by token or password') }`,
  },
  {
    // Of JetStream the agent publishes, and reads keys: nothing else is asked for before it is called.
    importer: /\/nats\//,
    path: /\/(?:bench|consumer|objectstore|service|serviceclient)$/,
    contents: '',
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

interface Edit {
  file: RegExp
  text: string
  by: string
}

/** What one line of them would load. */
const EDITS: readonly Edit[] = [
  // What is filled in for Node 14: to ask whether it is there loads it.
  { file: /\/nats\/lib\/src\/mod\.js$/, text: 'typeof globalThis.crypto === "undefined"', by: 'false' },
  { file: /\/nats\/lib\/src\/mod\.js$/, text: 'typeof globalThis.ReadableStream === "undefined"', by: 'false' },
  // The random part of inboxes' names: from the kernel itself, without WebCrypto.
  {
    file: /\/nats\/lib\/nats-base-client\/nuid\.js$/,
    text: 'if ((_a = globalThis === null || globalThis === void 0 ? void 0 : globalThis.crypto) === null || _a === void 0 ? void 0 : _a.getRandomValues)',
    by: 'if (true)',
  },
  {
    file: /\/nats\/lib\/nats-base-client\/nuid\.js$/,
    text: 'globalThis.crypto.getRandomValues(a)',
    by: `const fs = process.getBuiltinModule('node:fs')
      const descriptor = fs.openSync('/dev/urandom')
      try { fs.readSync(descriptor, a) } finally { fs.closeSync(descriptor) }`,
  },
]

export const leanDependencies: Plugin = {
  name: 'lean-dependencies',
  setup(bundle) {
    const used = new Set<string>()
    for (const [index, { importer, path }] of REPLACEMENTS.entries()) {
      bundle.onResolve({ filter: path }, (asked) =>
        importer.test(asked.importer)
          ? { path: String(index), namespace: 'lean', pluginData: asked.importer }
          : undefined,
      )
    }
    bundle.onLoad({ filter: /^/, namespace: 'lean' }, ({ path, pluginData }) => {
      used.add(path)
      return { contents: REPLACEMENTS[Number(path)]?.contents ?? '', resolveDir: dirname(pluginData as string) }
    })
    bundle.onEnd(() => ({
      errors: REPLACEMENTS.filter((_replacement, index) => !used.has(String(index))).map(({ importer, path }) => ({
        text: `expected ${importer.source} to ask for ${path.source}, got no such import: look at that version again`,
      })),
    }))
    bundle.onLoad({ filter: /\/node_modules\/nats\/.*\.js$/ }, loadEdited)
  },
}

async function loadEdited({ path }: { path: string }): Promise<OnLoadResult | undefined> {
  const edits = EDITS.filter(({ file }) => file.test(path))
  if (edits.length === 0) return undefined
  let contents = await readFile(path, 'utf8')
  for (const { text, by } of edits) {
    const parts = contents.split(text)
    if (parts.length !== 2) throw new Error(`expected ${path} to have once: ${text}; look at that version again`)
    contents = parts.join(by)
  }
  return { contents }
}
