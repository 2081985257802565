/** A field of one line in a Debian control paragraph (deb-control(5)). @throws Error without it */
export function controlField(paragraph: string, name: string): string {
  const value = new RegExp(`^${name}: (.+)$`, 'm').exec(paragraph)?.[1]
  if (value === undefined) throw new Error(`expected the field ${name} in a control paragraph, got: ${paragraph}`)
  return value
}
