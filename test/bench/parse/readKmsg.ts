import { readFileSync } from 'node:fs'
import { createAssembler } from '../../../kernel/event/assembler.ts'
import { RawRecord } from '../../../kernel/kmsg/rawRecord.ts'

/** As a stream of Node's hands them out. */
const CHUNK_BYTES = 64 * 1024
const NEWLINE = 0x0a

function countKills(log: Buffer): number {
  let kills = 0
  const assembler = createAssembler(({ outcome }) => {
    if (outcome === 'killed') kills++
  })
  const record = new RawRecord()
  for (let start = 0; start < log.length;) {
    const newline = log.indexOf(NEWLINE, start + CHUNK_BYTES)
    const chunk = log.subarray(start, newline < 0 ? log.length : newline + 1)
    start += chunk.length
    // A line of a record's dictionary is no record, and is passed over as one that cannot be read.
    for (let at = 0; at < chunk.length; at = record.next) {
      if (record.read(chunk, at) === undefined) assembler.push(record)
    }
  }
  return kills
}

/** How often the file is read: the first one warms up, in either program. */
const PASSES = 5

/** A process of its own, so that both sides are measured alike: reads a file of kmsg records and says how long that took. */
const [file = ''] = process.argv.slice(2)
const log = readFileSync(file)
const seconds: number[] = []
let kills = 0
for (let pass = 0; pass < PASSES; pass++) {
  const startedMs = performance.now()
  kills = countKills(log)
  seconds.push((performance.now() - startedMs) / 1000)
}
console.log(JSON.stringify({ seconds, kills }))
