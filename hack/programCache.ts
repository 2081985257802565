import { createRequire } from 'node:module'
import { compilePart, runPart } from '../cli/adapters/bundlePart.ts'
import { writeCodeCache } from './writeCodeCache.ts'

/** A process of its own: loads a program of the bundle, which says its version and ends it, and keeps what V8 compiled on the way. */
const [path = ''] = process.argv.slice(2)
const script = compilePart(path)
process.argv = [process.execPath, path, '--version']
process.once('exit', () => writeCodeCache(path, script))
runPart(script, createRequire(import.meta.url))
