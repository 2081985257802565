import { createRequire } from 'node:module'
import { basename, dirname } from 'node:path'
import type { Script } from 'node:vm'
import { loadProgram } from '../cli/adapters/bundlePart.ts'
import { writeCodeCache } from './writeCodeCache.ts'

/** A process of its own: loads a program of the bundle, which says its version and ends it, and keeps what V8 compiled on the way of each of its parts. */
const [path = ''] = process.argv.slice(2)
const compiled = new Map<string, Script>()
process.argv = [process.execPath, path, '--version']
process.once('exit', () => {
  for (const [part, script] of compiled) writeCodeCache(part, script)
})
loadProgram(dirname(path), basename(path), createRequire(import.meta.url), (part, script) => compiled.set(part, script))
