import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { withLock } from '../process/lock.ts'
import { withProgress } from '../process/progress.ts'
import { CommandError, runCommand } from '../process/run.ts'
import { cacheFolderName, goVersionProblem, type GoModule, type SourceFile } from './goModule.ts'

export type Log = (line: string) => void

const ROOT = new URL('..', import.meta.url).pathname

export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME']
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'oomkeeper')
}

/** Where the module's go.mod is. */
export function sourceFolder(module: GoModule): string {
  return join(ROOT, module.folder)
}

/** The folder with the module's programs (all, or those named), built when they are not there yet. */
export async function ensureBuilt(
  module: GoModule,
  log: Log,
  programs: readonly string[] = Object.keys(module.programs),
): Promise<string> {
  const source = sourceFolder(module)
  const goVersion = await findGo(source)
  const files = readSources(source)
  const folder = join(
    cacheFolder(),
    'bin',
    cacheFolderName(module, goVersion, `${process.platform}/${process.arch}`, files),
  )
  const missing = (): string[] => programs.filter((program) => !existsSync(join(folder, program)))
  if (missing().length === 0) return folder

  mkdirSync(folder, { recursive: true })
  const onWait = ({ pid }: { pid: number }): void => log(`waiting for another build (pid ${pid})`)
  // One build at a time: two would only share the same cores.
  await withLock(join(cacheFolder(), 'build.lock'), { deadlineMs: 3_600_000, onWait }, async () => {
    // What an interrupted build has left.
    for (const name of readdirSync(folder)) if (name.startsWith('.')) rmSync(join(folder, name))
    for (const program of missing()) await build(module, program, source, folder, log)
  })
  return folder
}

async function build(module: GoModule, program: string, source: string, folder: string, log: Log): Promise<void> {
  const unfinished = join(folder, `.${program}.${process.pid}`)
  const goPackage = module.programs[program] ?? program
  const argv = ['go', 'build', '-trimpath', '-ldflags', module.ldflags, '-o', unfinished, goPackage] as const
  await withProgress(`building ${program} ${module.version} …`, log, () =>
    runCommand(argv, { cwd: source, env: { ...process.env, CGO_ENABLED: '0' } }),
  )
  renameSync(unfinished, join(folder, program)) // Whoever sees the name sees a whole program.
}

async function findGo(source: string): Promise<string> {
  let found = ''
  try {
    found = (await runCommand(['go', 'env', 'GOVERSION'], { cwd: source })).trim()
  } catch (error) {
    // go is there but says no, for instance because go.mod asks for a newer one.
    if (error instanceof CommandError && error.exitCode !== undefined) throw error
  }
  const problem = goVersionProblem(found)
  if (problem !== undefined)
    throw new Error(`${problem}; install it from your distribution or go.dev/dl and put it in PATH`)
  return found
}

function readSources(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^go\.(mod|sum)$|\.go$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: path.slice(folder.length), content: readFileSync(path) }))
}
