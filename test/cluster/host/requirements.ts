import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../build/ensureBuilt.ts'
import { PART_PATH } from '../process/part.ts'
import { withProgress } from '../process/progress.ts'
import { runCommand } from '../process/run.ts'
import { hasCapability } from './capabilities.ts'
import { readCgroupHierarchies } from './cgroups.ts'

/** Programs that the cluster uses as they are, by the Debian package that brings them. */
const PROGRAM_PACKAGES: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  ip: 'iproute2',
  conntrack: 'conntrack',
  mount: 'mount',
  nsenter: 'util-linux',
  unshare: 'util-linux',
}
const CNI_FOLDERS = ['/usr/lib/cni', '/opt/cni/bin']
const CNI_PLUGINS = ['bridge', 'host-local', 'loopback', 'portmap']

export function missingPackages(isThere: (program: string) => boolean, cniFolder: string | undefined): string[] {
  const missing = Object.entries(PROGRAM_PACKAGES).filter(([program]) => !isThere(program))
  const packages = new Set(missing.map(([, debianPackage]) => debianPackage))
  if (cniFolder === undefined) packages.add('containernetworking-plugins')
  return [...packages]
}

/** One clear line for who may not make a cluster here. */
export function requireRights(): void {
  const missing = missingRights()
  if (missing !== undefined)
    throw new Error(`expected root with all rights on namespaces, mounts and cgroups; got ${missing}`)
}

function missingRights(): string | undefined {
  if (process.platform !== 'linux') return `${process.platform}, not Linux`
  if (process.getuid?.() !== 0) return `uid ${process.getuid?.()}`
  for (const capability of ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN'] as const) {
    if (!hasCapability(capability)) return `root without ${capability}`
  }
  const readOnly = readCgroupHierarchies().find(({ root }) => !isWritable(root))
  return readOnly === undefined ? undefined : `a read-only ${readOnly.root}`
}

/** Makes sure of the Debian packages; returns the folder of the CNI plugins. */
export async function ensureRequirements(log: Log): Promise<string> {
  const missing = missingPackages(isInPath, findCniFolder())
  if (missing.length > 0) await installPackages(missing, log)
  const still = missingPackages(isInPath, findCniFolder())
  const cniFolder = findCniFolder()
  if (still.length > 0 || cniFolder === undefined) {
    throw new Error(`expected ${still.join(', ')} after installation, still missing: install by hand and try again`)
  }
  return cniFolder
}

/** Makes sure of programs, given as program → Debian package. */
export async function ensurePrograms(packages: Readonly<Record<string, string>>, log: Log): Promise<void> {
  const missing = (): string[] => Object.keys(packages).filter((program) => !isInPath(program))
  const wanted = new Set(missing().map((program) => packages[program] ?? program))
  if (wanted.size > 0) await installPackages([...wanted], log)
  const still = missing()
  if (still.length > 0)
    throw new Error(`expected ${still.join(', ')} after installation, still missing: install by hand and try again`)
}

async function installPackages(packages: readonly string[], log: Log): Promise<void> {
  if (!isInPath('apt-get')) {
    throw new Error(
      `missing on this machine, which has no apt-get: ${packages.join(' ')} (Debian's names); install them and try again`,
    )
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await withProgress(`installing ${packages.join(' ')} …`, log, async () => {
    await runCommand(['apt-get', 'update', '-q'], { env, timeoutMs: 300_000 })
    await runCommand(['apt-get', 'install', '-q', '-y', '--no-install-recommends', ...packages], {
      env,
      timeoutMs: 900_000,
    })
  })
}

export function isInPath(program: string): boolean {
  return PART_PATH.split(':').some((folder) => isExecutable(join(folder, program)))
}

function findCniFolder(): string | undefined {
  return CNI_FOLDERS.find((folder) => CNI_PLUGINS.every((plugin) => isExecutable(join(folder, plugin))))
}

function isExecutable(path: string): boolean {
  return isAccessible(path, constants.X_OK)
}

function isWritable(path: string): boolean {
  return isAccessible(path, constants.W_OK)
}

function isAccessible(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

/** Why no real cluster can run here, or undefined when nothing speaks against it: tests that need one say so and step aside. */
export function whyNoCluster(): string | undefined {
  const right = missingRights()
  if (right !== undefined) return right
  const missing = missingPackages(isInPath, findCniFolder())
  if (missing.length > 0 && !isInPath('apt-get')) return `no ${missing.join(', ')} and no apt-get`
  return whyNoServers()
}

/** Why not even etcd, kube-apiserver and nats-server can run here. */
export function whyNoServers(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':')
  return folders.some((folder) => isExecutable(join(folder, 'go'))) ? undefined : 'no Go to build the servers with'
}
