import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootGuest, type Guest } from '../cluster/vm/guest.ts'
import { KERNEL_SERIES } from '../cluster/vm/kernel.ts'
import { SHELL } from '../cluster/vm/kills/kill.ts'
import { GuestSnapshot } from '../support/guestSnapshot.ts'

const log = (line: string): void => console.log(line)
const SMALL = { memoryMib: 256, cgroup: 'v2' } as const

interface Report {
  kernelRelease: string
  kills: { victim: Task; others: Task[] }[]
}

interface Task {
  pid: number
  command: string
}

function oomkeeper(...args: readonly string[]): unknown {
  const command = resolve(import.meta.dirname, '../../bin/oomkeeper')
  const { stdout, stderr } = spawnSync(command, [...args, '--output', 'json'], { encoding: 'utf8' })
  if (stdout === '') throw new Error(`expected a report, got: ${stderr}`)
  return JSON.parse(stdout)
}

async function onSnapshot<T>(guest: Guest, use: (snapshot: GuestSnapshot) => T): Promise<T> {
  const snapshot = await GuestSnapshot.take(guest)
  try {
    return use(snapshot)
  } finally {
    snapshot.remove()
  }
}

function simulate(guest: Guest, ...args: readonly string[]): Promise<Report> {
  return onSnapshot(
    guest,
    ({ proc, cgroupRoot }) => oomkeeper('simulate', '--proc', proc, '--cgroup-root', cgroupRoot, ...args) as Report,
  )
}

/**
 * Fills memory with a file that belongs to no process, so that nobody's points change, until all that are to die have let go of
 * theirs.
 * @param cgroup of the one that writes it
 */
function fillUntilGone({ kills }: Report, cgroup = ''): string {
  const pids = kills.flatMap(({ victim, others }) => [victim, ...others].map(({ pid }) => pid))
  return `${SHELL}
mkdir -p /scratch
mount -t tmpfs -o size=100% scratch /scratch
(
  if [ -n "${cgroup}" ]; then echo 0 > "${cgroup}/cgroup.procs"; fi
  echo 0 > /proc/self/oom_score_adj
  exec dd if=/dev/zero of=/scratch/fill bs=64k
) &
for pid in ${pids.join(' ')}; do while grep -q VmRSS /proc/$pid/status 2>/dev/null; do sleep 0.1; done; done
kill -9 $! || true
umount -l /scratch
sleep 1`
}

/**
 * Who was killed, in the kernel's order. Members of a group may have a second line, by the pid of another thread; no two
 * processes here are of one size.
 */
function killedIn(kmsg: string): number[] {
  const bySize = new Map<string, number>()
  for (const [, pid, size = ''] of kmsg.matchAll(/Killed process (\d+) \(.*\) (total-vm:\d+kB)/g)) {
    if (!bySize.has(size)) bySize.set(size, Number(pid))
  }
  return [...bySize.values()]
}

/** The kernel's kills cut as the simulation has them: whom it chose, and who went with it, in no order. */
function asSimulated(killed: readonly number[], { kills }: Report) {
  let at = 0
  return kills.map(({ others }) => {
    const [victim, ...group] = killed.slice(at, (at += 1 + others.length))
    return { victim, others: new Set(group) }
  })
}

function simulated({ kills }: Report) {
  return kills.map(({ victim, others }) => ({ victim: victim.pid, others: new Set(others.map(({ pid }) => pid)) }))
}

describe.each(KERNEL_SERIES)('oomkeeper on the files of a guest of %s, held against its kernel', (series) => {
  let guest: Guest

  beforeAll(async () => {
    guest = await bootGuest(series, SMALL, log)
  }, 120_000)

  afterAll(() => guest.dispose())

  it('tells the settings of its node', async () => {
    await guest.run('echo 2 > /proc/sys/vm/panic_on_oom')
    const report = await onSnapshot(guest, ({ root }) => oomkeeper('node', '--root', root))
    await guest.run('echo 0 > /proc/sys/vm/panic_on_oom')
    expect(report).toMatchObject({ severity: 'critical', kernelRelease: guest.kernelRelease })
    const { checks } = report as { checks: { name: string; value: string | null; severity: string }[] }
    const verdictOf = (name: string) => checks.find((check) => check.name === name)
    expect(verdictOf('cgroup version')).toMatchObject({ value: 'v2', severity: 'ok' })
    expect(verdictOf('kernel support')).toMatchObject({ severity: 'ok' })
    expect(verdictOf('vm.panic_on_oom')).toMatchObject({ value: '2', severity: 'critical' })
    // What these kernels write and is not understood would be not there. A device is not in the snapshot.
    const notThere = checks.flatMap(({ name, value }) => (value === null ? [name] : []))
    expect(notThere).toEqual(['kernel log'])
  }, 120_000)

  it('simulates what happens when a cgroup of v2 hits its limit, with one that goes as a whole', async () => {
    await guest.run(`${SHELL}
mkdir shop shop/cart shop/web shop/fill
echo +memory > shop/cgroup.subtree_control
echo 96M > shop/memory.max
echo 1 > shop/cart/memory.oom.group
IN=shop/cart start cart 16
IN=shop/cart ADJ=-1000 start spared 4
IN=shop/cart start sidecar 5
IN=shop/web ADJ=200 start scored 6
IN=shop/web start web 12
for name in cart spared sidecar scored web; do holds $name; done`)
    const report = await simulate(guest, '--cgroup', '/shop')
    expect(report.kills.map(({ victim, others }) => [victim, ...others].map(({ command }) => command))).toEqual([
      ['scored'],
      ['cart', 'sidecar'],
      ['web'],
    ])
    const killed = killedIn(await guest.recordKmsg(fillUntilGone(report, 'shop/fill')))
    expect(asSimulated(killed, report)).toEqual(simulated(report))
  }, 120_000)

  it('simulates what happens when the machine runs out', async () => {
    await guest.run(`${SHELL}
start large 40
ADJ=50 start scored 24
start middle 30
ADJ=200 start first 10
for name in large scored middle first; do holds $name; done`)
    const report = await simulate(guest)
    expect(report.kills.map(({ victim }) => victim.command)).toEqual(['first', 'large', 'scored', 'middle'])
    const killed = killedIn(await guest.recordKmsg(fillUntilGone(report)))
    expect(asSimulated(killed, report)).toEqual(simulated(report))
  }, 120_000)
})
