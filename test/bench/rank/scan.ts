import { writeFileSync } from 'node:fs'
import { CgroupFiles } from '#program/adapters/cgroupFiles.ts'
import { ProcFiles } from '#program/adapters/procFiles.ts'
import type { ProcFiles as Files } from '../../../agent/proc/processFiles.ts'
import { scanScope } from '../../../agent/rank/scan.ts'

/*
 * `scan.ts ROUNDS [PATHS]`: scans this machine as `oomkeeper rank` does, and prints how many milliseconds each scan took. With PATHS,
 * the files that one more scan reads are written there, one a line.
 */
const [rounds = '1', pathsFile] = process.argv.slice(2)
const files = new ProcFiles('/proc')
const cgroups = new CgroupFiles('/sys/fs/cgroup')
const TOP = 10

function scan(scanned: Files): Promise<unknown> {
  return scanScope({ files: scanned, cgroups, endTurn: () => Promise.resolve() }, { kind: 'node' }, TOP)
}

for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now()
  await scan(files)
  console.log((performance.now() - start).toFixed(3))
}
if (pathsFile !== undefined) {
  const read: string[] = []
  const note = <T>(path: string, value: T): T => (read.push(`/proc/${path}`), value)
  await scan({
    listPids: () => files.listPids(),
    listThreads: (pid) => files.listThreads(pid),
    readRecord: (path) => note(path, files.readRecord(path)),
    readText: (path) => note(path, files.readText(path)),
  })
  writeFileSync(pathsFile, `${read.join('\n')}\n`)
}
