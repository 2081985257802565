import * as z from 'zod'

/** Schemas that more than one program's flags use. */
export const flagSchemas = {
  url: (protocols: readonly string[]) =>
    z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
      error: `it must start with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    }),
  text: z.string().min(1),
  port: z
    .string()
    .regex(/^\d{1,5}$/, 'a port is a number')
    .transform(Number)
    .pipe(z.int().max(65535)),
  /** 0 too: off. */
  countFromZero: (max: number) =>
    z
      .string()
      .regex(/^\d{1,9}$/, 'it must be a whole number')
      .transform(Number)
      .pipe(z.int().max(max, `it must be at most ${max}`)),
  countUpTo: (max: number) =>
    z
      .string()
      .regex(/^\d{1,9}$/, 'it must be a whole number')
      .transform(Number)
      .pipe(z.int().min(1, 'it must be at least 1').max(max, `it must be at most ${max}`)),
  bytes: z
    .string()
    .regex(/^\d{1,15}$/, 'it must be a number of bytes')
    .transform(Number)
    .pipe(z.int().min(1_048_576, 'it must be at least 1048576 (1 MiB)')),
  /** HOST:PORT or [HOST]:PORT. */
  listen: z
    .string()
    .regex(/^(?:\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'it must look like 127.0.0.1:9090')
    .transform((text) => {
      const colon = text.lastIndexOf(':')
      return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
    })
    .refine(({ port }) => port <= 65535, 'the port must be at most 65535'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']) as z.ZodType<LogLevel, string>,
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
