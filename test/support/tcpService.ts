import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** One port of 127.0.0.1 before several: a new connection goes to the next that takes it, as behind a Service of Kubernetes. */
export class TcpService {
  readonly #server: Server
  readonly #ports: readonly number[]
  readonly #sockets = new Set<Socket>()
  #next = 0

  private constructor(ports: readonly number[]) {
    this.#ports = ports
    this.#server = createServer((client) => this.#forward(client, ports.length))
  }

  /** @param at where it listens; any free port if not given */
  static async open(ports: readonly number[], at = 0): Promise<TcpService> {
    const service = new TcpService(ports)
    await new Promise<void>((resolve, reject) => {
      service.#server.once('error', reject)
      service.#server.listen(at, '127.0.0.1', resolve)
    })
    return service
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #forward(client: Socket, attempts: number): void {
    this.#keep(client)
    const port = this.#ports[this.#next++ % this.#ports.length] ?? 0
    const server = connect(port, '127.0.0.1')
    this.#keep(server)
    const refused = (): void => {
      server.destroy()
      if (attempts > 1 && !client.destroyed) this.#forward(client, attempts - 1)
      else client.destroy()
    }
    server.once('error', refused)
    server.once('connect', () => {
      server.off('error', refused)
      client.pipe(server).pipe(client)
      for (const [end, other] of [
        [client, server],
        [server, client],
      ] as const) {
        end.on('error', () => other.destroy())
        end.on('close', () => other.destroy())
      }
    })
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
  }
}
