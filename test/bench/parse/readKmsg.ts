import { readFileSync } from 'node:fs'
import { createAssembler } from '../../../kernel/event/assembler.ts'
import { RawRecord } from '../../../kernel/kmsg/rawRecord.ts'

/** A process of its own, so that both sides are measured alike: reads a file of kmsg records and says how long that took. */
const [file = ''] = process.argv.slice(2)
const bytes = readFileSync(file)

let kills = 0
const startedMs = performance.now()
const assembler = createAssembler(({ outcome }) => {
  if (outcome === 'killed') kills++
})
const record = new RawRecord()
// A line of a record's dictionary is no record, and is passed over as one that cannot be read.
for (let at = 0; at < bytes.length; at = record.next) {
  if (record.read(bytes, at) === undefined) assembler.push(record)
}
console.log(JSON.stringify({ seconds: (performance.now() - startedMs) / 1000, kills }))
