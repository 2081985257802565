import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bootGuest, type Guest } from '../cluster/vm/guest.ts'
import { SHELL } from '../cluster/vm/kills/kill.ts'
import { renderEntryPoint } from '../support/agentRights.ts'
import { INSIDE, packGuestPrograms } from '../support/guestPrograms.ts'
import { ensureHelm } from '../support/helm.ts'

/** Node.js and what it takes, in memory, are 200 MiB of it. */
const MACHINE = { memoryMib: 640, cgroup: 'v2', processors: 2 } as const
const NOBODY = 65_534
const SETPRIV = '/usr/bin/setpriv'
const log = (line: string): void => console.log(line)

/** Two functions for scripts: `agent NAME [NODE FLAGS]` starts one and waits until it reads, `readiness` asks for it. */
const AGENT = `
agent() {
  name=$1; shift
  node "$@" /${INSIDE}/dist/agent.mjs --node node-a --nats-url nats://127.0.0.1:4222 --nats-user a --nats-password-file /tmp/none \\
    --state-dir "/tmp/state-$name" > "/tmp/$name.log" 2>&1 &
  pid=$!
  until grep -qs "reading kernel log" "/tmp/$name.log"; do sleep 0.1; kill -0 $pid; done
}
readiness() { node -e "fetch('http://127.0.0.1:9464/readyz').then(async (answer) => console.log(await answer.text()))"; }
scores() { for task in $(cat /proc/$1/task/*/children) $1; do echo "$(cat /proc/$task/comm) $(cat /proc/$task/oom_score_adj)"; done; }
echo 0 > /proc/$$/oom_score_adj
`
/** Node.js without the handle that the kernel's log is read with: a child reads it. */
const WITHOUT_PIPE_HANDLE = `--import 'data:text/javascript,process.binding=()=>{throw new Error("left out")}'`
/** As another user, for good. */
const AS_NOBODY = `--import 'data:text/javascript,process.setgroups([]);process.setgid(${NOBODY});process.setuid(${NOBODY})'`

describe('an agent on a machine of its own, with all capabilities', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-vm-'))
  let guest: Guest

  beforeAll(async () => {
    guest = await bootGuest('6.12', MACHINE, log, { files: packGuestPrograms(['agent.mjs'], new Map(), [SETPRIV]) })
    await guest.run('ip link set lo up')
  }, 120_000)

  afterAll(async () => {
    await guest.dispose()
    rmSync(folder, { recursive: true })
  })

  it('is one of the last to be taken', async () => {
    const said = await guest.run(`${AGENT}
agent alone
sleep 1
scores $pid
kill $pid
wait $pid || true
grep -c CAP_SYS_RESOURCE /tmp/alone.log || true`)
    expect(said.split('\n').filter(Boolean)).toEqual(['MainThread -997', '0'])
  }, 120_000)

  it.each([
    ['full', undefined, -997],
    ['full', 'SYS_RESOURCE', 0],
    ['raise', undefined, 0],
  ] as const)(
    'started as by the chart in mode %s (without: %s) has a score of its own of %d',
    async (mode, without, score) => {
      const entryPoint = await renderEntryPoint(await ensureHelm(folder), mode, without)
      const said = await guest.run(`${AGENT}
node() { ${entryPoint.join(' ')} /bin/node "$@" --mode ${mode}; }
agent entry
sleep 1
scores $pid | grep MainThread
kill $(cat /proc/$pid/task/*/children)
wait $pid || true`)
      expect(said.trim()).toBe(`MainThread ${score}`)
    },
    120_000,
  )

  it('has a child that is, too, where it needs one to read the log', async () => {
    const said = await guest.run(`${AGENT}
agent parent ${WITHOUT_PIPE_HANDLE}
until [ -n "$(cat /proc/$pid/task/*/children)" ]; do sleep 0.1; done
sleep 1
scores $pid
kill $pid
wait $pid || true`)
    expect(said.split('\n').filter(Boolean)).toEqual(['cat -997', 'MainThread -997'])
  }, 120_000)

  it('outlives the machine’s memory, and tells who did not', async () => {
    const said = await guest.run(`${SHELL}${AGENT}
agent survivor
before=$(awk '/^oom_kill / { print $2 }' /proc/vmstat)
eats tail /dev/zero
until grep -qs '"command":"tail"' /tmp/survivor.log; do sleep 0.1; kill -0 $pid; done
echo "$before $(awk '/^oom_kill / { print $2 }' /proc/vmstat)"
kill -0 $pid && echo alive
kill $pid
wait $pid || true`)
    const [counts = '', alive] = said.split('\n')
    const [before, after] = counts.split(' ').map(Number)
    expect(after).toBeGreaterThan(before ?? 0)
    expect(alive).toBe('alive')
  }, 120_000)

  it('goes on as a user without any right, under hidepid=2, and says what it lacks, a line each', async () => {
    const said = await guest.run(`${AGENT}
mount -o remount,hidepid=2 /proc
mkdir -p /tmp/state-nobody
chown ${NOBODY}:${NOBODY} /tmp/state-nobody
node ${AS_NOBODY} /${INSIDE}/dist/agent.mjs --node node-a --nats-url nats://127.0.0.1:4222 --nats-user a --nats-password-file /tmp/none \\
  --state-dir /tmp/state-nobody > /tmp/nobody.log 2>&1 &
pid=$!
until grep -qs "kernel's log at" /tmp/nobody.log; do sleep 0.1; kill -0 $pid; done
sleep 3
readiness
cat /tmp/nobody.log
kill $pid
wait $pid || true
mount -o remount,hidepid=0 /proc`)
    const lines = said.split('\n').filter(Boolean)
    expect(lines).toEqual(
      expect.arrayContaining([
        // Nobody listens, and there is no password: whichever was tried last.
        expect.stringMatching(
          /^not connected to NATS: (CONNECTION_REFUSED: |expected to read the password file, got: ENOENT)/,
        ),
        'no kill is seen: /dev/kmsg cannot be read',
        "the host's processes cannot be seen",
      ]),
    )
    const warnings = lines
      .filter((line) => /"level":[45]0/.test(line))
      .map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(warnings.map((text) => text.split(', got')[0] ?? '').toSorted()).toEqual([
      'expected a NATS server that takes this login',
      "expected to read the kernel's log at /dev/kmsg",
      "expected to see the host's processes in --proc",
      "expected to set the agent's own oom_score_adj to -997",
    ])
  }, 120_000)
})
