import { readFileSync } from 'node:fs'

/** Bits of the capability masks, from linux/capability.h. */
const BITS = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n, CAP_SYS_RESOURCE: 24n }

export type Capability = keyof typeof BITS

/** Whether this process has it in effect, by its /proc/self/status. */
export function hasCapability(capability: Capability, status = readFileSync('/proc/self/status', 'utf8')): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  return mask !== undefined && ((BigInt(`0x${mask}`) >> BITS[capability]) & 1n) === 1n
}
