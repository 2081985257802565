/** `6.18.44-x` → 6018; undefined where no release is known. A distribution's kernel may carry later code. */
export function parseKernelVersion(kernelRelease: string | undefined): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})/.exec(kernelRelease ?? '')
  return match === null ? undefined : Number(match[1]) * 1000 + Number(match[2])
}
