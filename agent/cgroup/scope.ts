import type { KillScope } from '#contract/killEvent.ts'
import type { OomConstraint } from '#kernel/dump/oomDump.ts'
import { parseCgroupPath } from './path.ts'

/** Whose memory ran out. Without a word of the kernel about its constraint the scope is unknown, never guessed. */
export function resolveScope(constraint: OomConstraint | undefined, oomCgroup: string | undefined): KillScope {
  switch (constraint) {
    case undefined:
      return 'Unknown'
    case 'None':
      return 'Node'
    case 'Cpuset':
      return 'Cpuset'
    case 'MemoryPolicy':
      return 'MemoryPolicy'
    case 'Memcg':
      return oomCgroup === undefined ? 'Unknown' : scopeOfLimit(oomCgroup)
  }
}

function scopeOfLimit(oomCgroup: string): KillScope {
  const place = parseCgroupPath(oomCgroup)
  if (place.containerId !== undefined) return 'ContainerLimit'
  if (place.podUid !== undefined) return 'PodLimit'
  return place.kubepods ? 'Kubepods' : 'HostCgroup'
}
