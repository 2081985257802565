/** Source: k8s.io/apimachinery pkg/api/resource/suffix.go. */
const BYTES: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
}

/** Memory as Kubernetes writes it (`500Mi`, `2Gi`, `1e9`), in whole KiB; undefined for what is none, less than one or too much. */
export function parseQuantityKib(text: string): number | undefined {
  const [, digits, exponent, suffix = ''] =
    /^\+?(\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})(?:[eE]\+?(\d{1,2})|([mkMGTP]|[KMGTP]i))?$/.exec(text) ?? []
  const bytes = BYTES[suffix]
  if (digits === undefined || bytes === undefined) return undefined
  const kib = Math.floor((Number(digits) * 10 ** Number(exponent ?? 0) * bytes) / 1024)
  return kib > 0 && Number.isSafeInteger(kib) ? kib : undefined
}
