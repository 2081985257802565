import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Guest } from '../cluster/vm/guest.ts'

const PROCESS_FILES = 'stat status oom_score oom_score_adj cgroup'
const MACHINE_FILES = 'meminfo zoneinfo pressure/memory sys/kernel/osrelease sys/kernel/panic sys/kernel/panic_on_oops'
const CGROUP_FILES =
  'cgroup.controllers memory.max memory.current memory.swap.max memory.oom.group memory.stat memory.limit_in_bytes'

/** What files of /proc and of the cgroup tree say cannot be packed as they are: they have no length. */
const COPY = `
rm -rf /tmp/snapshot
copy() { if [ -f "$1" ]; then mkdir -p "/tmp/snapshot$(dirname "$1")"; cat "$1" > "/tmp/snapshot$1" 2>/dev/null || true; fi; }
for file in ${MACHINE_FILES}; do copy "/proc/$file"; done
for file in /proc/sys/vm/*; do copy "$file"; done
copy /proc/self/oom_score_adj
for folder in /proc/[0-9]*; do for file in ${PROCESS_FILES}; do copy "$folder/$file"; done; done
find /sys/fs/cgroup -type d | while read -r folder; do for file in ${CGROUP_FILES}; do copy "$folder/$file"; done; done
tar -C /tmp/snapshot -cz . | base64
rm -rf /tmp/snapshot
`

/** The guest's /proc and cgroup tree at one moment, as files of this machine: the guest has no Node. */
export class GuestSnapshot {
  readonly root = mkdtempSync(join(tmpdir(), 'oomkeeper-guest-'))

  static async take(guest: Guest): Promise<GuestSnapshot> {
    const packed = Buffer.from(await guest.run(COPY), 'base64')
    const snapshot = new GuestSnapshot()
    const { status, stderr } = spawnSync('tar', ['-C', snapshot.root, '-xz'], { input: packed, encoding: 'utf8' })
    if (status !== 0) throw new Error(`expected a snapshot of the guest, got: ${stderr}`)
    return snapshot
  }

  get proc(): string {
    return join(this.root, 'proc')
  }

  get cgroupRoot(): string {
    return join(this.root, 'sys/fs/cgroup')
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
