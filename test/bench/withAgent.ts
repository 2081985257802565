import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNats } from '../cluster/privateServers.ts'
import { startAgent } from '../support/agentProcess.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { KillStreamView } from '../support/killStream.ts'

const NODE = 'bench'
const STREAM_BYTES = 512 * 1024 * 1024

/** The shipped agent, connected to a nats-server of its own with all streams, for as long as it is measured. */
export async function withAgent<T>(
  name: string,
  measure: (agentPid: number, stream: KillStreamView) => Promise<T>,
): Promise<T> {
  bundlePrograms()
  const folder = mkdtempSync(join(tmpdir(), `oomkeeper-${name}-`))
  const nats = await startNats({ nodes: [NODE], log: (line) => console.log(line) })
  const stream = await KillStreamView.open(nats)
  await stream.createAll(STREAM_BYTES)
  const { program } = await startAgent({ node: NODE, nats, folder })
  try {
    await program.said('connected to NATS')
    return await measure(program.pid, stream)
  } finally {
    await program.stop()
    await stream.close()
    await nats.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}
