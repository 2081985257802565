import { EXIT, ProgramError } from '#program/errors.ts'

/** Every foreseen failure of the operator, by its stable code. All but the first two can pass by waiting. */
export type OperatorErrorCode =
  | 'KubeconfigUnusable'
  | 'LeaseLost'
  | 'ApiserverUnreachable'
  | 'ApiserverRefused'
  | 'WebhookFailed'
  | 'CrdsMissing'
  | 'CrdsOfOtherVersion'
  | 'NatsUnavailable'
  | 'StreamMisconfigured'
  | 'StreamReplaced'
  | 'StreamGap'
  | 'CheckpointMoved'
  | 'ReportContended'
  | 'OperatorRuns'
  | 'SeedUnusable'
  | 'KeysUnusable'
  | 'ScoresNotRestored'
  | 'SelftestFailed'

export interface OperatorErrorDetails {
  facts?: Readonly<Record<string, unknown>>
  cause?: unknown
}

export function operatorError(
  code: OperatorErrorCode,
  message: string,
  details: OperatorErrorDetails = {},
): ProgramError {
  return new ProgramError(message, {
    code,
    retry: code !== 'KubeconfigUnusable' && code !== 'LeaseLost',
    exitCode: code === 'KubeconfigUnusable' ? EXIT.usage : EXIT.environment,
    ...details,
  })
}
