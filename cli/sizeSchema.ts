import { textSchema } from './textSchema.ts'

/** Kubernetes' suffixes. Source: k8s.io/apimachinery pkg/api/resource, Quantity. */
const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** Memory as people write it in Kubernetes, `500Mi` or `2Gi`, in KiB. */
export const sizeKibSchema = textSchema(parseSizeKib, 'it must be an amount of memory, as 500Mi or 2Gi')

function parseSizeKib(text: string): number | undefined {
  const [, digits, suffix = ''] = /^(\d{1,15}(?:\.\d{1,6})?)([kMGT]|[KMGT]i)?$/.exec(text) ?? []
  const bytes = BYTES[suffix]
  const kib = digits === undefined || bytes === undefined ? 0 : Math.floor((Number(digits) * bytes) / 1024)
  return kib > 0 && Number.isSafeInteger(kib) ? kib : undefined
}
