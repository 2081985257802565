/** Whether a glob fits all of a text: `*` stands for any characters, `?` for one, everything else for itself. */
export function matchesGlob(glob: string, text: string): boolean {
  let at = 0
  let read = 0
  /** Behind the last `*`, and how far it reaches by now: only the last one ever has to reach further. */
  let star = -1
  let reach = 0
  while (read < text.length) {
    if (glob[at] === '*') {
      star = ++at
      reach = read
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[read])) {
      at++
      read++
    } else if (star >= 0) {
      at = star
      read = ++reach
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}
