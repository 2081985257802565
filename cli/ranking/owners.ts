/** User names by uid, of the text of /etc/passwd. The first line of a uid counts, as in getpwuid(3). */
export function parseOwners(passwd: string): Map<number, string> {
  const owners = new Map<number, string>()
  for (const line of passwd.split('\n')) {
    const [name, , uid = ''] = line.split(':')
    if (name && /^\d{1,10}$/.test(uid) && !owners.has(Number(uid))) owners.set(Number(uid), name)
  }
  return owners
}
