/** `natsUrl` → `nats-url`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `natsUrl` → `OOMKEEPER_NATS_URL`. */
export function variableName(key: string): string {
  return `OOMKEEPER_${flagName(key).replaceAll('-', '_').toUpperCase()}`
}
