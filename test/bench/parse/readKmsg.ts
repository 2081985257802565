import { readFileSync } from 'node:fs'
import { createAssembler } from '../../../kernel/event/assembler.ts'
import { readKmsgRecord } from '../../../kernel/kmsg/record.ts'

/** A process of its own, so that both sides are measured alike: reads a file of kmsg records and says how long that took. */
const [file = ''] = process.argv.slice(2)
const bytes = readFileSync(file)
const BLANK = 0x20
const NEWLINE = 0x0a

let kills = 0
const startedMs = performance.now()
const assembler = createAssembler(({ outcome }) => {
  if (outcome === 'killed') kills++
})
for (let at = 0; at < bytes.length;) {
  const newline = bytes.indexOf(NEWLINE, at)
  const end = newline < 0 ? bytes.length : newline
  // Lines that begin with a blank are a record's dictionary.
  if (end > at && bytes[at] !== BLANK) {
    const record = readKmsgRecord(bytes, at, end)
    if (record.failure === undefined) assembler.push(record)
  }
  at = end + 1
}
console.log(JSON.stringify({ seconds: (performance.now() - startedMs) / 1000, kills }))
