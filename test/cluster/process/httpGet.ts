import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

export interface HttpGetOptions {
  /** The authority that the server's certificate must come from, in PEM. */
  caPem?: string
  token?: string
  timeoutMs?: number
}

/** The body of a 200; any other answer is an error that holds it. A connection of its own each time, so that a dead server shows. */
export function httpGet(url: string, options: HttpGetOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp
    const request = send(url, {
      agent: false,
      timeout: options.timeoutMs ?? 3000,
      ...(options.caPem === undefined ? {} : { ca: options.caPem }),
      headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
    })
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(body)
        else
          reject(
            new Error(
              `expected 200 from ${url}, got ${response.statusCode}: ${body.replaceAll(/\s+/g, ' ').slice(0, 300).trim()}`,
            ),
          )
      })
    })
    request.on('timeout', () =>
      request.destroy(new Error(`no answer from ${url} within ${options.timeoutMs ?? 3000} ms`)),
    )
    request.on('error', reject)
    request.end()
  })
}
