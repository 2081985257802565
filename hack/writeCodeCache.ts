import { renameSync, writeFileSync } from 'node:fs'
import type { Script } from 'node:vm'
import { codeCachePath } from '../cli/adapters/bundlePart.ts'

/** Keeps what V8 has compiled of a part until now, beside it. */
export function writeCodeCache(path: string, script: Script): void {
  const cache = codeCachePath(path)
  writeFileSync(`${cache}.tmp`, script.createCachedData())
  renameSync(`${cache}.tmp`, cache)
}
