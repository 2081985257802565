import type { RankScope } from '#contract/rank.ts'
import { findContainerId, parseCgroupPath, isIn } from '../cgroup/path.ts'

export type CgroupScope = Exclude<RankScope, { kind: 'node' }>

/** The cgroup that a scope means, by the path of a process in it; undefined for a process outside. */
export function domainOf(scope: CgroupScope, path: string): string | undefined {
  switch (scope.kind) {
    case 'cgroup':
      return isIn(path, scope.path) ? scope.path : undefined
    case 'pod':
      return ancestorWhere(path, (ancestor) => parseCgroupPath(ancestor).podUid === scope.uid)
    case 'container':
      // Most paths are another container's: a word is found faster than a path is parsed.
      if (!path.includes(scope.id)) return undefined
      return ancestorWhere(path, (ancestor) => findContainerId(ancestor)?.startsWith(scope.id) === true)
  }
}

/** The highest ancestor, or the cgroup itself, whose path says so. */
function ancestorWhere(path: string, isIt: (ancestor: string) => boolean): string | undefined {
  if (!isIt(path)) return undefined
  let ancestor = ''
  for (const segment of path.split('/').filter(Boolean)) {
    ancestor += `/${segment}`
    if (isIt(ancestor)) return ancestor
  }
  return path
}

/** For a sentence. */
export function nameScope(scope: RankScope): string {
  switch (scope.kind) {
    case 'node':
      return 'this machine'
    case 'cgroup':
      return `cgroup ${scope.path}`
    case 'pod':
      return `pod ${scope.uid}`
    case 'container':
      return `a container ${scope.id}`
  }
}
