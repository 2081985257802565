import process from 'node:process'
import { errorMessage } from '../../cluster/process/wait.ts'
import { runCampaign } from '../campaign.ts'
import { LONE_FAULTS, startLoneServers } from './loneServers.ts'

/** Runs in the guest: `node inGuest.mjs SEED KILLS`. Prints what runCampaign returns as JSON, or why there is none. */
const [seed, kills] = process.argv.slice(2).map(Number)
try {
  const result = await runCampaign({
    servers: await startLoneServers('/bin/nats-server', '/tmp/faults'),
    kinds: LONE_FAULTS,
    seed: seed ?? 1,
    kills: kills ?? 1,
    losesInCalm: true,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  })
  process.stdout.write(JSON.stringify(result))
} catch (error) {
  process.stdout.write(JSON.stringify({ failed: errorMessage(error) }))
}
process.exit(0)
