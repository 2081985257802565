import type { CgroupTree } from './cgroupKills.ts'

/** A hierarchy whose files are kept by their path. */
export class FakeCgroups implements CgroupTree {
  readonly texts = new Map<string, string>()
  /** What was listed. */
  lists = 0

  constructor(texts: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries(texts)) this.texts.set(path, text)
  }

  readText(path: string): string | undefined {
    return this.texts.get(path)
  }

  listChildren(cgroupPath: string): string[] {
    this.lists++
    const names = [...this.texts.keys()]
      .filter((path) => path.startsWith(`${cgroupPath}/`))
      .map((path) => path.slice(cgroupPath.length + 1).split('/'))
      .flatMap(([name = '', ...rest]) => (rest.length > 0 ? [name] : []))
    return [...new Set(names)]
  }

  /** A number for each that was asked for; one that is removed and made again would have another. */
  readonly ids = new Map<string, string>()

  readId(cgroupPath: string): string | undefined {
    const isThere = [...this.texts.keys()].some((path) => path.startsWith(`${cgroupPath}/`))
    if (!isThere) return undefined
    const id = this.ids.get(cgroupPath) ?? String(70 + this.ids.size)
    this.ids.set(cgroupPath, id)
    return id
  }

  /** As cgroup v1 tells it. */
  setKills(cgroupPath: string, kills: number): void {
    this.texts.set(`${cgroupPath}/memory.oom_control`, `oom_kill_disable 0\nunder_oom 0\noom_kill ${kills}\n`)
  }

  killsOf(cgroupPath: string): number {
    return Number(/^oom_kill (\d+)$/m.exec(this.texts.get(`${cgroupPath}/memory.oom_control`) ?? '')?.[1] ?? 0)
  }

  remove(cgroupPath: string): void {
    for (const path of this.texts.keys()) if (path.startsWith(`${cgroupPath}/`)) this.texts.delete(path)
  }
}
