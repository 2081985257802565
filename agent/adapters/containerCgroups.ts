import { readdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ObservedContainer } from '../adjust/target.ts'
import { parseCgroupPath, type CgroupPlace } from '../cgroup/path.ts'

/** Pods and containers of a node, and what else has cgroups there. */
const MAX_PATHS = 8_192
/** Where nothing is told to have come or gone, the folders are looked at each so manieth time. */
const WALK_EVERY = 3

/** Where folders come and go. */
export interface NestWatch {
  /** These and no others. */
  watch(folders: readonly string[]): void
  watchAlso(folders: readonly string[]): void
  /** Whether what comes and goes there is told. */
  isWatched(folder: string): boolean
  /** What has come to be, or gone, in them since this was last asked. */
  takeChanged(): ReadonlySet<string>
}

/** Whose cgroups are asked for. */
export interface WantedCgroups {
  containerIds: ReadonlySet<string>
  podUids: ReadonlySet<string>
}

export type ContainerPlace = Pick<ObservedContainer, 'containerId' | 'podUid' | 'cgroup'>

interface Found {
  /** What is wanted. */
  places: ContainerPlace[]
  /** Where more of it may come to be. */
  nests: string[]
  /** The kubelet's own folders: all that is wanted is below them; undefined where some of it is not. */
  tops: string[] | undefined
}

/** Finds containers' cgroups in the memory hierarchy, and has the folders watched in which more of them may come to be. */
export class ContainerCgroups {
  readonly #root: string
  readonly #nests: NestWatch
  readonly #paths = new Map<string, CgroupPlace>()
  readonly #children = new Map<string, { links: number; names: readonly string[] }>()
  #tops: readonly string[] = []
  /** What was found last, for whom, where each change of it would be told. */
  #last: { wanted: WantedCgroups; places: readonly ContainerPlace[] } | undefined
  #sinceWalk = 0

  constructor(root: string, nests: NestWatch) {
    this.#root = root
    this.#nests = nests
  }

  /**
   * @param isFresh whether all folders of the hierarchy are listed anew, and not the kubelet's alone
   * @returns the same list as before where nothing is told to have changed
   */
  findAll(wanted: WantedCgroups, isFresh: boolean): readonly ContainerPlace[] {
    const isTold = this.#takeChanged().size > 0
    const isDue = isTold || isFresh || ++this.#sinceWalk >= WALK_EVERY
    if (!isDue && this.#last !== undefined && areSame(wanted, this.#last.wanted)) return this.#last.places
    this.#sinceWalk = 0
    if (isFresh) this.#children.clear()
    const isKnown = !isFresh && this.#tops.length > 0 && this.#tops.every((top) => countLinks(top) > 0)
    const { places, nests, tops } = this.#find(wanted, isKnown ? this.#tops : [this.#root])
    if (!isKnown) this.#tops = tops ?? []
    this.#nests.watch(nests)
    this.#last = nests.every((nest) => this.#nests.isWatched(nest)) ? { wanted, places } : undefined
    return places
  }

  /** Those that have come to be since either was last called. */
  findNew(wanted: WantedCgroups): ContainerPlace[] {
    const { places, nests } = this.#find(wanted, this.#takeChanged())
    this.#last = undefined
    this.#nests.watchAlso(nests)
    return places
  }

  #takeChanged(): ReadonlySet<string> {
    const changed = this.#nests.takeChanged()
    for (const folder of changed) for (const one of [folder, dirname(folder)]) this.#children.delete(one)
    return changed
  }

  /** In and below these folders. */
  #find({ containerIds, podUids }: WantedCgroups, folders: Iterable<string>): Found {
    const found: Found = { places: [], nests: [], tops: [] }
    const visit = (folder: string, isBelowTop: boolean): void => {
      const cgroup = folder.slice(this.#root.length)
      const { kubepods, podUid, containerId } = this.#parsePath(cgroup)
      if (containerId !== undefined) {
        // Nothing below another container's cgroup is asked for; one that was just removed is gone.
        if (podUid === undefined || !(containerIds.has(containerId) || podUids.has(podUid))) return
        found.places.push({ containerId, podUid, cgroup })
        if (!isBelowTop) found.tops = undefined
        return
      }
      const isTop = kubepods && !isBelowTop && podUid === undefined
      if (isTop) found.tops?.push(folder)
      if (kubepods && (podUid === undefined || podUids.has(podUid))) found.nests.push(folder)
      for (const child of this.#childrenOf(folder)) visit(`${folder}/${child}`, isBelowTop || isTop)
    }
    if (containerIds.size === 0 && podUids.size === 0) return found
    for (const folder of folders) if (countLinks(folder) > 0) visit(folder, false)
    return found
  }

  /** Where a watch tells of what comes and goes, they are listed once a minute, and when their number is another one. */
  #childrenOf(folder: string): readonly string[] {
    const links = countLinks(folder)
    const known = this.#children.get(folder)
    if (known !== undefined && known.links === links && this.#nests.isWatched(folder)) return known.names
    const names = readFolders(folder)
    this.#children.set(folder, { links, names })
    return names
  }

  #parsePath(cgroup: string): CgroupPlace {
    const known = this.#paths.get(cgroup)
    if (known !== undefined) return known
    if (this.#paths.size >= MAX_PATHS) this.#paths.clear()
    const place = parseCgroupPath(cgroup)
    this.#paths.set(cgroup, place)
    return place
  }
}

function areSame(a: WantedCgroups, b: WantedCgroups): boolean {
  return isSameSet(a.podUids, b.podUids) && isSameSet(a.containerIds, b.containerIds)
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a === b || (a.size === b.size && [...a].every((one) => b.has(one)))
}

/** So many folders are in it, and two (kernfs_refresh_inode, fs/kernfs/inode.c); 0 where it is gone, or does not say. */
export function countLinks(folder: string): number {
  return statSync(folder, { throwIfNoEntry: false })?.nlink ?? 0
}

export function readFolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
