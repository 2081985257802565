/**
 * A plain value as YAML 1.2 in block style; what is undefined is left out, as in JSON. Strings are quoted as JSON quotes
 * them, which YAML reads alike (YAML 1.2.2, 1.2): nothing that a log holds is taken for syntax, and control characters
 * stay escaped.
 */
export function formatYaml(value: unknown): string {
  return `${blockLines(value).join('\n')}\n`
}

function blockLines(value: unknown): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return ['[]']
    return value.flatMap((item) => under('- ', blockLines(item)))
  }
  if (typeof value !== 'object' || value === null) return [scalar(value)]
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  if (entries.length === 0) return ['{}']
  return entries.flatMap(([key, field]) => {
    const name = `${/^[A-Za-z]\w*$/.test(key) ? key : scalar(key)}:`
    const lines = blockLines(field)
    return isBlock(field) ? [name, ...lines.map((line) => `  ${line}`)] : [`${name} ${lines[0] ?? ''}`]
  })
}

/** The first line behind the mark, the others under it. */
function under(mark: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `${at === 0 ? mark : ' '.repeat(mark.length)}${line}`)
}

function isBlock(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) ? value.length > 0 : Object.values(value).some((field) => field !== undefined)
}

/** JSON escapes C0 alone; DEL, C1 and the line separators are no more for a terminal, nor for YAML. */
function scalar(value: unknown): string {
  const json = JSON.stringify(value) ?? 'null'
  return json.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
