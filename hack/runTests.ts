import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { ensureBuilt } from '../test/cluster/build/ensureBuilt.ts'
import {
  ACTIONLINT,
  COREDNS,
  ETCD,
  HELM,
  IMAGES,
  KUBE_ROUTER,
  KUBERNETES,
  NATS,
} from '../test/cluster/build/goModule.ts'
import { ensureRequirements, whyNoCluster, whyNoServers } from '../test/cluster/host/requirements.ts'
import { ensureMachine, prepareGuests, whyNoMachine } from '../test/cluster/vm/requirements.ts'
import { errorMessage } from '../test/cluster/process/wait.ts'

/**
 * Runs all tests in one jest run, after building what they need. What this machine cannot run is left out and said,
 * one line each; in CI nothing may be left out.
 */
const log = (line: string): void => console.log(line)
const leftOut: { what: string; pattern: string; why: string }[] = []
const servers = whyNoServers()
if (servers !== undefined) {
  leftOut.push({
    what: 'integration tests (real nats-server, etcd, kube-apiserver)',
    pattern: '\\.integration\\.test\\.ts$',
    why: servers,
  })
}
const guest = await prepareGuests(log)
if (guest !== undefined)
  leftOut.push({ what: 'tests in a virtual machine (other kernels)', pattern: '\\.vm\\.test\\.ts$', why: guest })
const node = servers ?? whyNoCluster()
if (node !== undefined)
  leftOut.push({
    what: 'tests on a real node (kubelet, containerd, real kills)',
    pattern: '\\.node\\.test\\.ts$',
    why: node,
  })

if (leftOut.length > 0 && process.env['CI'] !== undefined) {
  for (const { what, why } of leftOut)
    console.error(`test failed: ${what} cannot run here: ${why}; in CI nothing may be left out`)
  process.exit(3)
}

// Of what shorter tests show too, or of a network that takes a program of its own, with the real parts: a change need not wait for it.
const isLong = process.env['LONG'] === '1'

// Before the tests, whose time is not for builds.
try {
  if (node === undefined) await ensureRequirements(log)
  const forNode = node === undefined ? [IMAGES, COREDNS, ...(isLong ? [KUBE_ROUTER] : [])] : []
  const modules = servers === undefined ? [NATS, ETCD, HELM, KUBERNETES, ACTIONLINT, ...forNode] : []
  for (const module of modules) await ensureBuilt(module, log)
  if (node === undefined && whyNoMachine() === undefined) await ensureMachine(await ensureBuilt(KUBERNETES, log), log)
} catch (error) {
  console.error(`test failed: ${errorMessage(error)}`)
  process.exit(3)
}

const build = spawnSync(process.execPath, ['hack/bundle.ts'], { stdio: 'inherit' })
if (build.status !== 0) process.exit(build.status ?? 3)

const LONG_TESTS = '\\.long\\.node\\.test\\.ts$'
const ignored = ['/node_modules/', '/dist/', ...leftOut.map(({ pattern }) => pattern), ...(isLong ? [] : [LONG_TESTS])]
if (!isLong) log('left to LONG=1 make test: test/node/*.long.node.test.ts')
const jest = spawnSync(
  process.execPath,
  [
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    ...ignored.flatMap((pattern) => ['--testPathIgnorePatterns', pattern]),
    ...process.argv.slice(2),
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' },
  },
)
// The tests of this run owned the cluster; with them gone, it goes.
if (node === undefined) spawnSync(process.execPath, ['test/cluster/cli.ts', 'down'], { stdio: 'inherit' })
for (const { what, why } of leftOut) console.log(`left out: ${what}: ${why}`)
process.exit(jest.status ?? 3)
