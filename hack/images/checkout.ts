import { dirname } from 'node:path'

export const CHECKOUT = dirname(dirname(import.meta.dirname))
