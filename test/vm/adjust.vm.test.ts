import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { desiredRuleOf } from '../../agent/testing/rules.ts'
import { encodeDesiredState } from '../../contract/desiredState.ts'
import { bootGuest, type Guest } from '../cluster/vm/guest.ts'
import { SHELL } from '../cluster/vm/kills/kill.ts'
import { INSIDE, packGuestPrograms } from '../support/guestPrograms.ts'

/** Node.js and what it takes, in memory, are 200 MiB of it. */
const MACHINE = { memoryMib: 640, cgroup: 'v2' } as const
const log = (line: string): void => console.log(line)

const podUid = randomUUID()
const id = randomBytes(32).toString('hex')
const CONTAINER = `kubepods/burstable/pod${podUid}/${id}`
const state = encodeDesiredState({
  version: 2,
  node: 'node-a',
  rules: [desiredRuleOf({ score: { value: -500 }, killScope: 'Process', holdForSeconds: 3_600 })],
  containers: [{ podUid, name: 'app', containerId: id, rules: [0] }],
})

/** As the kubelet and the runtime make it: a kill takes the whole container, which has mounts of its own. */
const MAKE_CONTAINER = `${SHELL}
mkdir -p ${CONTAINER}
for folder in . kubepods kubepods/burstable kubepods/burstable/pod${podUid}; do echo +memory > $folder/cgroup.subtree_control; done
echo 1 > ${CONTAINER}/memory.oom.group
IN=${CONTAINER} ADJ=100 VIA='unshare -m' start web 4
holds web`

/** Without NATS: with what was remembered before its start. Waits until the container is as given. */
const AGENT = `
agent() {
  node /${INSIDE}/dist/agent.mjs --node node-a --nats-url nats://127.0.0.1:4222 --nats-user a --nats-password-file /tmp/none \\
    --state-dir /tmp/state > /tmp/agent.log 2>&1 &
  pid=$!
}
look() { echo "$(cat /sys/fs/cgroup/${CONTAINER}/memory.oom.group) $(cat /proc/$(head -1 /sys/fs/cgroup/${CONTAINER}/cgroup.procs)/oom_score_adj)"; }
until_is() { for i in $(seq 300); do test "$(look)" = "$1" && return; sleep 0.1; done; cat /tmp/agent.log; return 1; }
`

describe('an agent on a machine with cgroup v2 and all capabilities', () => {
  let guest: Guest

  beforeAll(async () => {
    guest = await bootGuest('6.12', MACHINE, log, { files: packGuestPrograms(['agent.mjs']) })
    await guest.run(`ip link set lo up; ${MAKE_CONTAINER}`)
  }, 120_000)

  afterAll(() => guest.dispose())

  it('sets memory.oom.group and a score below what the container began with, by the state that it remembers', async () => {
    const said = await guest.run(`${AGENT}
mkdir -p /tmp/state
printf '%s\\n%s' 7 '${state}' > /tmp/state/desired.json
look
agent
until_is '0 -500'
look
kill -9 $pid
wait $pid || true
look`)
    // The shell says that it was killed.
    const looks = said
      .trim()
      .split('\n')
      .filter((line) => line !== 'Killed')
    expect(looks).toEqual(['1 100', '0 -500', '0 -500'])
  }, 120_000)

  it('gives both back after a kill -9 once they were held for too long, and remembers nothing then', async () => {
    const said = await guest.run(`${AGENT}
boot=$(cat /proc/sys/kernel/random/boot_id)
echo "{\\"version\\":1,\\"bootId\\":\\"$boot\\",\\"monotonicMs\\":-3700000,\\"wallMs\\":0,\\"revision\\":7,\\"leaseRevision\\":1}" > /tmp/state/confirmed.json
agent
until_is '1 100'
look
sleep 0.5
grep -c '"containers":{}' /tmp/state/scores.json /tmp/state/kill-scopes.json
kill $pid
wait $pid || true`)
    expect(said.trim().split('\n')).toEqual(['1 100', '/tmp/state/scores.json:1', '/tmp/state/kill-scopes.json:1'])
  }, 120_000)
})
