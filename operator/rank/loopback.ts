/** Whether only this machine, or this pod, reaches a listener at this host. */
export function isLoopback(host: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(host)
}
