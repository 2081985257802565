import type { NatsConnection } from 'nats'
import type { Logger } from 'pino'
import { rankSubject } from '#contract/rank.ts'
import { messageOf } from '#program/errors.ts'
import type { RankService } from '../rank/rankService.ts'

/** Answers on the node's rank subject for as long as the connection lives, also through reconnects. */
export function respondToRank(
  connection: NatsConnection,
  node: string,
  service: Pick<RankService, 'answer'>,
  logger: Logger,
): void {
  connection.subscribe(rankSubject(node), {
    callback: (error, message) => {
      if (error) return logger.warn(`expected to hear rank requests, got: ${messageOf(error)}`)
      // Without a reply it is nobody's request: inside the account of the nodes, another agent may send one.
      if (!message.reply) return
      service
        .answer(message.data)
        .then((answer) => message.respond(answer))
        .catch((failure: unknown) => logger.warn(`expected to answer a rank request, got: ${messageOf(failure)}`))
    },
  })
}
