import type { LabelSelector } from '../api/selectors.ts'

export type Labels = Readonly<Record<string, string>>

/**
 * Whether labels fit a selector: all of its parts; an empty one fits everything.
 * Source: apimachinery pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector; NotIn fits a label that is missing.
 */
export function matchesLabels({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  const get = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  return (
    Object.entries(matchLabels).every(([key, value]) => get(key) === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const label = get(key)
      if (operator === 'In') return label !== undefined && values.includes(label)
      if (operator === 'NotIn') return label === undefined || !values.includes(label)
      return (label !== undefined) === (operator === 'Exists')
    })
  )
}
