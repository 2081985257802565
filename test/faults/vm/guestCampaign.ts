import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { ensureBuilt, type Log } from '../../cluster/build/ensureBuilt.ts'
import { NATS } from '../../cluster/build/goModule.ts'
import { bootGuest } from '../../cluster/vm/guest.ts'
import type { KernelSeries } from '../../cluster/vm/kernel.ts'
import { INSIDE, packGuestPrograms } from '../../support/guestPrograms.ts'
import type { CampaignResult } from '../campaign.ts'

/** Node.js and what it takes, in memory, are 200 MiB of it. The ring is small, so that it is soon overwritten. */
const MACHINE = { memoryMib: 1024, cgroup: 'v2', ringKib: 128, processors: 2 } as const
const DEADLINE_MS = 600_000

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

/** Node.js, nats-server, the agent and the campaign. */
async function packGuestFiles(log: Log): Promise<Uint8Array> {
  return packGuestPrograms(
    ['agent.mjs'],
    new Map([
      ['bin/nats-server', readFileSync(join(await ensureBuilt(NATS, log), 'nats-server'))],
      [`${INSIDE}/test/faults/inGuest.mjs`, await bundleCampaign()],
    ]),
  )
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
