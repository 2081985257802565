/** A processor architecture, as Debian, Go and image indexes call it. */
export type Architecture = 'amd64' | 'arm64'

interface ArchitectureNames {
  /** `process.arch`, and the end of npm's `node-linux-…`. */
  node: string
  /** As the kernel and qemu call it. */
  machine: string
}

export const ARCHITECTURES: Readonly<Record<Architecture, ArchitectureNames>> = {
  amd64: { node: 'x64', machine: 'x86_64' },
  arm64: { node: 'arm64', machine: 'aarch64' },
}

/** This machine's. @throws Error when oomkeeper is not built for it */
export function ownArchitecture(): Architecture {
  const names = Object.keys(ARCHITECTURES) as Architecture[]
  const own = names.find((name) => ARCHITECTURES[name].node === process.arch)
  if (own === undefined) throw new Error(`expected a machine of ${names.join(' or ')}, got ${process.arch}`)
  return own
}
