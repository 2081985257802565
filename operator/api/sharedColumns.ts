import type { PrinterColumn } from './crd.ts'

/** Columns of both reports: under one head stands the same. */
export const KILLS: PrinterColumn = { name: 'Kills', type: 'integer', jsonPath: '.status.kills' }
export const LAST_DAY: PrinterColumn = {
  name: '24h',
  type: 'integer',
  jsonPath: '.status.killsLastDay',
  description: 'Kills in the current hour and the 23 before it.',
}
export const LAST: PrinterColumn = {
  name: 'Last',
  type: 'date',
  jsonPath: '.status.lastSeen',
  description: 'How long ago the last kill was.',
}
export const SCOPE: PrinterColumn = {
  name: 'Scope',
  type: 'string',
  jsonPath: '.status.last.scope',
  description: 'Whose memory ran out.',
  priority: 1,
}
export const VICTIM: PrinterColumn = {
  name: 'Victim',
  type: 'string',
  jsonPath: '.status.last.victim',
  description: 'What the process called itself that the last kill took.',
}
export const LIMIT: PrinterColumn = { name: 'Limit', type: 'string', jsonPath: '.status.last.limit', priority: 1 }
export const RSS: PrinterColumn = { name: 'RSS', type: 'string', jsonPath: '.status.last.rss', priority: 1 }
export const RECURRING: PrinterColumn = {
  name: 'Recurring',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Recurring")].status',
  priority: 1,
}
