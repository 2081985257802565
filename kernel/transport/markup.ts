/*
 * What a line picks up on its way from the kernel to a file: colours of dmesg, marks of a mail or a forum, spaces of a
 * web page. Only for text that people saved: a record of /dev/kmsg says what the kernel said.
 */

const ESCAPE = '\u001b'
const SPACES = '\u00a0\u202f\u2007'
const FORUM_TAG = String.raw`\[/?(?:color|colour|b|i|u|size|font|code|quote|highlight)(?:=[^\]]{0,40})?\]`

/** Colours (SGR), forum tags, no-break spaces, byte order mark. */
const NOISE = new RegExp(`[${SPACES}\ufeff]|${ESCAPE}\\[[\\d;]*[mK]|${FORUM_TAG}`, 'gi')
/** Most lines have none of it: no byte beyond ASCII, no escape, no tag. */
const MAYBE_NOISE = new RegExp(`[\u00a0-\uffff${ESCAPE}]|\\[/?[a-z]+[=\\]]`, 'i')

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', nbsp: ' ' }
/** Of HTML, once: what was escaped twice was so on purpose. */
const ENTITY = /&(?:(lt|gt|amp|quot|nbsp)|#(\d{2,3})|#x([0-9a-f]{2}));/gi
/** Of Markdown: the characters that the kernel's lines have of those that it escapes. */
const MARKDOWN = /\\([[\]_|#<>*])/g

/** @returns the line without carriage return, marks of quotation, colours and markup. */
export function cleanLine(line: string): string {
  let text = line.endsWith('\r') ? line.slice(0, -1) : line
  if (MAYBE_NOISE.test(text)) text = text.replace(NOISE, (found) => (SPACES.includes(found) ? ' ' : ''))
  return text.replace(/^(?:\s{0,3}[>|] ?)+(?=\S| )/, '')
}

/** What a web page or a text in Markdown wrote its characters as. Not for records and JSON, which have escapes of their own. */
export function unescapeMarkup(line: string): string {
  const text = line.includes('&') ? line.replace(ENTITY, decodeEntity) : line
  return /\\[[_]/.test(text) ? text.replace(MARKDOWN, '$1') : text
}

function decodeEntity(_entity: string, name?: string, decimal?: string, hexadecimal?: string): string {
  if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? ''
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '20', 16) : Number(decimal)
  return code < 0x20 || code > 0x7e ? ' ' : String.fromCharCode(code)
}

/**
 * A pager shows a line that is wider than the terminal with `>` at its end: what stands before it may be half a word, and
 * is left out. `task_memcg=/a,>` → `task_memcg=/a,`. Not in a row of the task table: there it may be the command's own.
 */
export function dropPagerCut(text: string): string {
  if (!text.endsWith('>') || text.includes('<') || text.startsWith('[')) return text
  return text.replace(/[^\s,]*>$/, '').trimEnd()
}

/** rsyslog's and syslog-ng's escapes of control characters (`#012` is a newline): $EscapeControlCharactersOnReceive. */
export function unescapeSyslog(text: string): string {
  if (!text.includes('#0')) return text
  return text.replace(/#(0[0-3][0-7])/g, (_escape, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
