import { execFile } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import process from 'node:process'
import { promisify } from 'node:util'
import { goVersionProblem } from '../cluster/build/goModule.ts'

/** Why this machine cannot build and run nats-server, etcd and kube-apiserver; undefined when it can. */
export async function missingForServers(): Promise<string | undefined> {
  const version = await promisify(execFile)('go', ['env', 'GOVERSION'], {
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  }).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  )
  return goVersionProblem(version)
}

/** Capabilities that a kubelet and containerd need here, by bit (linux/capability.h). */
const NODE_CAPABILITIES: Readonly<Record<string, bigint>> = {
  CAP_NET_ADMIN: 12n,
  CAP_SYS_CHROOT: 18n,
  CAP_SYS_ADMIN: 21n,
}

/** Why this machine cannot be a real node (kubelet, containerd, kills of its own); undefined when it can. */
export function missingForNode(): string | undefined {
  if (process.platform !== 'linux') return `expected Linux, got ${process.platform}`
  if (process.getuid?.() !== 0) return `expected root, got uid ${process.getuid?.()}`
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`)
  const missing = Object.entries(NODE_CAPABILITIES).filter(([, bit]) => ((mask >> bit) & 1n) === 0n)
  if (missing.length > 0)
    return `expected the capabilities of a full root, missing ${missing.map(([name]) => name).join(', ')}`
  for (const [path, mode, what] of NODE_FILES) {
    try {
      accessSync(path, mode)
    } catch {
      return `expected ${what} (${path}), got no access`
    }
  }
  return undefined
}

const NODE_FILES = [
  ['/dev/kmsg', constants.R_OK, "to read the kernel's log"],
  ['/sys/fs/cgroup', constants.R_OK | constants.W_OK, 'cgroups that can be made'],
] as const
