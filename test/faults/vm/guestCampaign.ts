import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { build } from 'esbuild'
import { ensureBuilt, type Log } from '../../cluster/build/ensureBuilt.ts'
import { NATS } from '../../cluster/build/goModule.ts'
import { packCpio, type CpioEntry } from '../../cluster/vm/cpio.ts'
import { bootGuest } from '../../cluster/vm/guest.ts'
import type { KernelSeries } from '../../cluster/vm/kernel.ts'
import type { CampaignResult } from '../campaign.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
/** Node.js and what it takes, in memory, are 200 MiB of it. The ring is small, so that it is soon overwritten. */
const MACHINE = { memoryMib: 1024, cgroup: 'v2', ringKib: 128, processors: 2 } as const
const DEADLINE_MS = 600_000
/** As in the checkout, so that the programs are found. */
const INSIDE = 'oomkeeper'

export interface GuestCampaign {
  seed: number
  kills: number
}

/** A campaign in a virtual machine with cgroup v2 and a clock of its own: the bundles in dist/, by the same Node.js. */
export async function runGuestCampaign(
  series: KernelSeries,
  { seed, kills }: GuestCampaign,
  log: Log,
): Promise<CampaignResult> {
  const guest = await bootGuest(series, MACHINE, log, { files: await packGuestFiles(log), deadlineMs: DEADLINE_MS })
  try {
    const said = await guest.run(`
ip link set lo up
# Every record over the serial line would take longer than all the rest, and here is another reader.
kill $(pidof dd)
# busybox's knows no --pdeathsig (launchPrivate).
rm /bin/setpriv
echo 0 > /proc/$$/oom_score_adj
node /${INSIDE}/test/faults/inGuest.mjs ${seed} ${kills}
`)
    const result = JSON.parse(said) as CampaignResult | { failed: string }
    if ('failed' in result) throw new Error(result.failed)
    return result
  } finally {
    await guest.dispose()
  }
}

/** Node.js with its libraries, nats-server, the agent and the campaign. */
async function packGuestFiles(log: Log): Promise<Uint8Array> {
  const node = process.execPath
  const libraries = [...execFileSync('ldd', [node], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(
    ([, path = '']) => path,
  )
  const files = new Map<string, Uint8Array>([
    ['bin/node', readFileSync(node)],
    ['bin/nats-server', readFileSync(join(await ensureBuilt(NATS, log), 'nats-server'))],
    [`${INSIDE}/dist/agent.mjs`, readFileSync(join(ROOT, 'dist/agent.mjs'))],
    [`${INSIDE}/test/faults/inGuest.mjs`, await bundleCampaign()],
    ...libraries.map((path): [string, Uint8Array] => [path.slice(1), readFileSync(path)]),
  ])
  const folders = new Set([...files.keys()].flatMap(foldersOf))
  const entries: CpioEntry[] = [...folders].toSorted().map((path) => ({ path: `${path}/` }))
  for (const [path, content] of files) entries.push({ path, content })
  return packCpio(entries)
}

async function bundleCampaign(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'inGuest.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  const [bundle] = outputFiles
  if (bundle === undefined) throw new Error('expected a bundle of the campaign, got none')
  return bundle.contents
}

function foldersOf(path: string): string[] {
  const folder = dirname(path)
  return folder === '.' ? [] : [...foldersOf(folder), folder]
}
