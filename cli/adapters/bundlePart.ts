import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'

/** Where hack/bundleCli.ts puts what V8 made of a part. */
export function codeCachePath(partPath: string): string {
  return `${partPath}.cache`
}

/**
 * A part of the bundle: a script whose value is a function that fills a `module`, in ASCII. Beside it stands what V8
 * compiled of it when it was built, half the time that a short command takes. V8 takes that only from its own version and
 * with its own flags; without it, or where V8 refuses it, the script is compiled as ever. Nothing is written.
 */
export function loadPart<Exports>(folder: string, name: string, require?: NodeJS.Require): Exports {
  return runPart<Exports>(compilePart(join(folder, name)), require)
}

export function compilePart(path: string): Script {
  // One byte a character: V8 then neither decodes nor widens.
  return new Script(readFileSync(path, 'latin1'), { filename: path, cachedData: readCache(codeCachePath(path)) })
}

/** @param require for a part whose dependencies ask for Node's modules in that way */
export function runPart<Exports>(script: Script, require?: NodeJS.Require): Exports {
  const module = { exports: {} }
  ;(script.runInThisContext() as (module: { exports: object }, require?: NodeJS.Require) => void)(module, require)
  return module.exports as Exports
}

function readCache(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
