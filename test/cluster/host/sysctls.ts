import { readFileSync, writeFileSync } from 'node:fs'

/** What the kubelet sets on the machine itself and never sets back (protectKernelDefaults: false). */
const KUBELET_SYSCTLS = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
]

export function readKubeletSysctls(): Record<string, string> {
  return Object.fromEntries(KUBELET_SYSCTLS.map((name) => [name, readSysctl(name)]))
}

/** Sets back what differs; returns how many did. */
export function restoreSysctls(originals: Readonly<Record<string, string>>): number {
  let restored = 0
  for (const [name, value] of Object.entries(originals)) {
    if (readSysctl(name) === value) continue
    writeFileSync(`/proc/sys/${name}`, value)
    restored++
  }
  return restored
}

function readSysctl(name: string): string {
  return readFileSync(`/proc/sys/${name}`, 'utf8').trim()
}
