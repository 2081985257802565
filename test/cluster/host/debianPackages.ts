import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../process/run.ts'

/** Which package lists apt reads, as options of its own: this machine's are none. */
export type Apt = readonly string[]

export const MACHINE_APT: Apt = []

/** `libc6=2.36-9+deb12u14` of each package, as apt would install it now. */
export async function candidateVersions(names: readonly string[], apt = MACHINE_APT): Promise<string[]> {
  const policy = (): Promise<string> => runCommand(['apt-cache', ...apt, 'policy', ...names])
  let text = await policy()
  // What is installed is a candidate too, but without package lists nothing can be downloaded.
  if (!/^ +500 \S+:\/\//m.test(text)) {
    await updatePackageLists(apt)
    text = await policy()
  }
  const versions = Array.from(text.matchAll(/^ {2}Candidate: (\S+)$/gm), ([, version]) => version)
  return names.map((name, index) => {
    const version = versions[index]
    if (version === undefined || version === '(none)')
      throw new Error(`expected a Debian package ${name}, apt knows none: run apt-get update and try again`)
    return `${name}=${version}`
  })
}

/** The names that begin so and match, of packages that apt knows. */
export async function findPackages(prefix: string, pattern: RegExp): Promise<string[]> {
  const find = async (): Promise<string[]> =>
    (await runCommand(['apt-cache', 'pkgnames', prefix])).split('\n').filter((name) => pattern.test(name))
  const found = await find()
  if (found.length > 0) return found
  await updatePackageLists()
  return find()
}

/**
 * Puts the packages' files below a folder; nothing is installed and no script of theirs runs.
 * @returns the control paragraph of each, as dpkg would keep it (deb-control(5)), in the order of their names
 */
export async function unpackPackages(packages: readonly string[], root: string, apt = MACHINE_APT): Promise<string[]> {
  const downloads = `${root}.downloads`
  for (const path of [root, downloads]) mkdirSync(path, { recursive: true })
  // As root, apt would drop to a user who may not write here, and say so.
  const argv = ['apt-get', 'download', '-q', '-o', 'APT::Sandbox::User=root', ...apt, ...packages] as const
  await runCommand(argv, { cwd: downloads, timeoutMs: 300_000 })
  const paragraphs: string[] = []
  for (const file of readdirSync(downloads).toSorted()) {
    const path = join(downloads, file)
    await runCommand(['dpkg-deb', '-x', path, root])
    paragraphs.push(await runCommand(['dpkg-deb', '-f', path]))
  }
  rmSync(downloads, { recursive: true })
  return paragraphs
}

export async function updatePackageLists(apt = MACHINE_APT): Promise<void> {
  await runCommand(['apt-get', 'update', '-q', ...apt], { timeoutMs: 300_000 })
}
