import { isUtf8 } from 'node:buffer'

const ENCODING = /^content-transfer-encoding: *"?([\w-]+)/i
/** Between the parts of a mail, and before the next mail of a mailbox: what follows has an encoding of its own. */
const PART = /^(?:--[\w'()+,./:=?-]{8,70}|From \S+ .{0,40}\d{4})$/
/** Without a mail's header: words of the kernel that can look like this in no other way. */
const ENCODED = /\b(?:gfp_mask|order|oom_(?:score_)?adj|mems_allowed|constraint)=3D|(?:\dkB|swap) +=3D \d+kB/
const MAIL = /^(?:From |Return-Path: |Received: |Delivered-To: |Message-I[Dd]: |MIME-Version: |Content-T[a-z-]+: )/m
const HEADER_BYTES = 4096
const OCTETS = /(?:=[0-9A-Fa-f]{2})+/g
/** Lines are joined up to here, characters. */
const MAX_JOINED_LENGTH = 256 * 1024

/** Whether a log begins as a mail or a mailbox does, or with a mail's encoded body. */
export function isMail(head: Buffer): boolean {
  return MAIL.test(head.toString('latin1', 0, HEADER_BYTES)) || isEncoded(head)
}

function isEncoded(head: Buffer): boolean {
  return head.includes('=3D') && ENCODED.test(head.toString('latin1'))
}

/** Lines of a mail → the same, decoded where the mail says, or shows, that they are quoted-printable (RFC 2045, 6.7). */
export class QuotedPrintable {
  readonly #onLine: (line: string, lines: number) => void
  #isEncoded: boolean
  #begun = ''
  #lines = 0

  constructor(head: Buffer, onLine: (line: string, lines: number) => void) {
    this.#onLine = onLine
    this.#isEncoded = isEncoded(head) && !/^content-transfer-encoding:/im.test(head.toString('latin1'))
  }

  push(raw: string): void {
    const encoding = ENCODING.exec(raw)?.[1]?.toLowerCase()
    if (encoding !== undefined) this.#isEncoded = encoding === 'quoted-printable'
    else if (PART.test(raw)) this.#isEncoded = false
    if (!this.#isEncoded || encoding !== undefined) {
      this.end()
      this.#onLine(raw, 1)
      return
    }
    this.#lines++
    const line = raw.trimEnd()
    const goesOn = line.endsWith('=') && this.#begun.length < MAX_JOINED_LENGTH
    this.#begun += goesOn ? line.slice(0, -1) : line
    if (!goesOn) this.end()
  }

  end(): void {
    if (this.#lines > 0) this.#onLine(decode(this.#begun), this.#lines)
    this.#begun = ''
    this.#lines = 0
  }
}

function decode(line: string): string {
  if (!line.includes('=')) return line
  return line.replace(OCTETS, (octets) => {
    const bytes = Buffer.from(octets.replaceAll('=', ''), 'hex')
    return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
  })
}
