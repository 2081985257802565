import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Writes package-lock.json so that `npm ci` accepts it everywhere. A registry that lacks the binaries of foreign
 * platforms makes npm leave them out of the lock, and `npm ci` then stops with "Missing": each is filled in here from
 * what the packages themselves declare.
 */
interface LockEntry {
  version?: string
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
  [key: string]: unknown
}

const OS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'sunos', 'win32', 'netbsd', 'openbsd', 'aix']
const CPU = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32']

/** `@oxlint/binding-linux-arm64-musl` → os linux, cpu arm64, libc musl. */
function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> {
  const words = name.split(/[-/]/)
  const os = OS.find((candidate) => words.includes(candidate))
  const cpu = CPU.find((candidate) => words.includes(candidate))
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }), ...(os && { os: [os] }) }
}

execFileSync('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { stdio: 'inherit' })

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockEntry> }
let filled = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const places = [path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`, `node_modules/${name}`]
    if (places.some((place) => place in lock.packages)) continue
    if (!/^\d/.test(version)) throw new Error(`${name}: expected an exact version to fill in, got "${version}"`)
    lock.packages[`node_modules/${name}`] = { version, ...platformOf(name), optional: true }
    filled++
  }
}
const resolved = Object.entries(lock.packages).find(([, entry]) => 'resolved' in entry)
if (resolved !== undefined) throw new Error(`expected no download address in the lock, got one for ${resolved[0]}`)
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
console.log(`lock ok: ${Object.keys(lock.packages).length} packages, ${filled} foreign platforms filled in`)
