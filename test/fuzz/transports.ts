/** Records' texts → lines of a saved log. */
type Transport = (texts: readonly string[]) => string[]

/** A tenth of a millisecond between records. */
const secondsOf = (at: number): string => (951.7 + at / 10_000).toFixed(6)

/** Each line of a record gets the prefix, as most transports do. */
function prefixed(prefix: (at: number) => string): Transport {
  return (texts) => texts.flatMap((text, at) => text.split('\n').map((line) => prefix(at) + line))
}

/** The ways in which a kernel's records come to be in a file. */
export const TRANSPORTS: readonly [Transport, ...Transport[]] = [
  prefixed(() => ''),
  prefixed(() => '    '),
  prefixed(() => '> '),
  prefixed((at) => `[  ${secondsOf(at)}] `),
  prefixed((at) => `[  ${secondsOf(at)}][ T${100 + (at % 3)}] `),
  prefixed((at) => `<4>[  ${secondsOf(at)}] `),
  prefixed(() => '[Thu Dec  4 10:11:12 2025] '),
  prefixed(() => 'kern  :warn  : [Dec 4 10:11] '),
  prefixed(() => 'Dec  4 10:11:12 node-7 kernel: '),
  prefixed((at) => `Dec  4 10:11:12 node-7 kernel: [  ${secondsOf(at)}] `),
  prefixed(() => '2025-12-04T10:11:12.345678+01:00 node-7 kernel: '),
  prefixed(() => '<4>1 2025-12-04T10:11:12Z node-7 kernel - - - '),
  prefixed((at) => `2025-12-04T10:11:12.000000001Z stdout ${at % 9 === 8 ? 'P' : 'F'} [  ${secondsOf(at)}] `),
  (texts) => texts.map((text, at) => `4,${at},${951_700_000 + at * 100},-;${text.replaceAll('\n', '\\x0a')}`),
  (texts) => texts.map((text) => `Dec  4 10:11:12 node-7 kernel: ${text.replaceAll('\n', '#012')}`),
  (texts) =>
    texts.map((text, at) =>
      JSON.stringify({ _TRANSPORT: 'kernel', PRIORITY: '4', MESSAGE: text, _SOURCE_MONOTONIC_TIMESTAMP: `${at}00` }),
    ),
  (texts) => texts.map((text) => JSON.stringify({ _TRANSPORT: 'kernel', MESSAGE: [...Buffer.from(text)] })),
  // journalctl -o verbose, and -o export without a length: what goes on below is lost, and nothing else may be.
  (texts) =>
    texts.flatMap((text, at) => [
      `Thu 2025-12-04 10:11:12.345678 CET [s=${'0'.repeat(32)};i=${at};b=1;m=1;t=1;x=1]`,
      ...`    MESSAGE=${text.replaceAll('\n', `\n${' '.repeat(12)}`)}`.split('\n'),
      '    _TRANSPORT=kernel',
      `    _SOURCE_MONOTONIC_TIMESTAMP=${at}00`,
    ]),
  (texts) =>
    texts.flatMap((text, at) => [
      `__CURSOR=${at}`,
      '_TRANSPORT=kernel',
      ...`MESSAGE=${text}`.split('\n'),
      `_SOURCE_MONOTONIC_TIMESTAMP=${at}00`,
      '',
    ]),
  (texts) => [
    'Received: by mail.example',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    ...texts.flatMap((text) =>
      text
        .replaceAll('=', '=3D')
        .replaceAll(/(.{60})(?=.)(?!3D|D)/g, '$1=\n')
        .split('\n'),
    ),
  ],
  (texts) => texts.map((text) => JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: '2025-12-04T10:11:12Z' })),
]
