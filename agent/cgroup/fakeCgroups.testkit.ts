import type { CgroupTree } from './killCounters.ts'

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

  remove(cgroupPath: string): void {
    for (const path of this.texts.keys()) if (path.startsWith(`${cgroupPath}/`)) this.texts.delete(path)
  }
}
