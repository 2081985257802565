import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'

export type Require = (id: string) => unknown

/** Where hack/bundleCli.ts puts what V8 made of a part. */
export function codeCachePath(partPath: string): string {
  return `${partPath}.cache`
}

/**
 * A part of the bundle: a script whose value is a function that fills a `module`, in ASCII. Beside it stands what V8
 * compiled of it when it was built, half the time that a short command takes. V8 takes that only from its own version and
 * with its own flags; without it, or where V8 refuses it, the script is compiled as ever. Nothing is written.
 */
export function loadPart<Exports>(folder: string, name: string): Exports {
  return runPart<Exports>(compilePart(join(folder, name)))
}

/**
 * A part that asks for others beside it as `./NAME`, each of which is loaded once, and for Node's modules.
 * @param require for those
 * @param onCompiled is told of each part before it runs
 */
export function loadProgram(
  folder: string,
  name: string,
  require: Require,
  onCompiled?: (path: string, script: Script) => void,
): void {
  const loaded = new Map<string, unknown>()
  const load = (part: string): unknown => {
    const path = join(folder, part)
    const script = compilePart(path)
    onCompiled?.(path, script)
    return runPart(script, (id) => {
      if (!id.startsWith('./')) return require(id)
      if (!loaded.has(id)) loaded.set(id, load(id))
      return loaded.get(id)
    })
  }
  load(name)
}

export function compilePart(path: string): Script {
  // One byte a character: V8 then neither decodes nor widens.
  return new Script(readFileSync(path, 'latin1'), { filename: path, cachedData: readCache(codeCachePath(path)) })
}

/** @param require for a part that asks for others, or whose dependencies ask for Node's modules in that way */
export function runPart<Exports>(script: Script, require?: Require): Exports {
  const module = { exports: {} }
  ;(script.runInThisContext() as (module: { exports: object }, require?: Require) => void)(module, require)
  return module.exports as Exports
}

function readCache(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
