import { describe, expect, it } from '@jest/globals'
import type { Metafile } from 'esbuild'
import { findBundledPackages } from './bundledPackages.ts'

function metafile(inputs: Readonly<Record<string, number>>): Metafile {
  const parts = Object.fromEntries(Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }]))
  return { inputs: {}, outputs: { 'dist/agent.mjs': { bytes: 1, imports: [], exports: [], inputs: parts } } }
}

describe('findBundledPackages', () => {
  it('names each package once, scoped and nested ones by their whole folder', () => {
    const found = findBundledPackages([
      metafile({ 'agent/main.ts': 9, 'node_modules/nats/lib/a.js': 9, 'node_modules/nats/lib/b.js': 9 }),
      metafile({ 'node_modules/@kubernetes/client-node/dist/x.js': 9, 'node_modules/nats/lib/a.js': 9 }),
      metafile({ 'node_modules/socks/node_modules/@s/ip/index.js': 9 }),
    ])
    expect(found).toEqual([
      'node_modules/@kubernetes/client-node',
      'node_modules/nats',
      'node_modules/socks/node_modules/@s/ip',
    ])
  })

  it('leaves out what the bundler read and dropped, and what it was given in place of a package', () => {
    expect(findBundledPackages([metafile({ 'node_modules/ws/index.js': 0, 'lean:3': 12 })])).toEqual([])
  })
})
