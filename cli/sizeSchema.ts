import { parseQuantityKib } from '#program/quantityKib.ts'
import { textSchema } from './textSchema.ts'

/** Memory as people write it in Kubernetes, `500Mi` or `2Gi`, in KiB. */
export const sizeKibSchema = textSchema(parseQuantityKib, 'it must be an amount of memory, as 500Mi or 2Gi')
