import { createHash } from 'node:crypto'

export interface Shape {
  nodes: number
  workloads: number
}

/** One container in three pods of four, two in the rest; one pod in ten was restarted after a kill. */
const WITH_SIDECAR = 4
const WITH_RESTART = 10

/** A page of a pod list as the apiserver answers it: Deployments' pods with what the kubelet and the scheduler add to them. */
export function podListText(from: number, to: number, shape: Shape): string {
  return JSON.stringify({ items: Array.from({ length: to - from }, (_, at) => podOf(from + at, shape)) })
}

function podOf(index: number, { nodes, workloads }: Shape): object {
  const workload = index % workloads
  const app = `service-${workload}`
  const hash = hex(`template ${workload}`, 10)
  const namespace = `team-${workload % 100}`
  const startedAt = '2026-03-01T09:00:00Z'
  const names = index % WITH_SIDECAR === 0 ? ['app', 'sidecar'] : ['app']
  const resources = { limits: { cpu: '1', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } }
  const env = ['POD_NAME', 'POD_NAMESPACE', 'NODE_NAME', 'LOG_LEVEL', 'DATABASE_URL'].map((name) => ({
    name,
    value: `${name.toLowerCase()} of ${app}`,
  }))
  const probe = { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10, failureThreshold: 3 }
  return {
    metadata: {
      name: `${app}-${hash}-${hex(`pod ${index}`, 5)}`,
      generateName: `${app}-${hash}-`,
      namespace,
      uid: uidOf(`pod ${index}`),
      resourceVersion: String(1_000_000 + index),
      creationTimestamp: startedAt,
      labels: {
        'app.kubernetes.io/name': app,
        'app.kubernetes.io/version': '1.2.3',
        'pod-template-hash': hash,
        team: namespace,
      },
      annotations: { 'prometheus.io/scrape': 'true', 'checksum/config': hex(`config ${workload}`, 64) },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `${app}-${hash}`,
          uid: uidOf(`set ${workload}`),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: ['kube-controller-manager', 'kubelet'].map((manager) => ({
        manager,
        operation: 'Update',
        apiVersion: 'v1',
        time: startedAt,
        fieldsType: 'FieldsV1',
        fieldsV1: Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`f:field-${at}`, { 'f:value': {} }])),
      })),
    },
    spec: {
      nodeName: `node-${index % nodes}`,
      priorityClassName: workload % 5 === 0 ? 'batch-low' : 'default',
      serviceAccountName: app,
      containers: names.map((name) => ({
        name,
        image: `registry.example.com/${namespace}/${app}:1.2.3`,
        env,
        resources,
        livenessProbe: probe,
        readinessProbe: probe,
        volumeMounts: [{ name: 'token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true }],
      })),
      tolerations: ['not-ready', 'unreachable'].map((key) => ({
        key: `node.kubernetes.io/${key}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
    },
    status: {
      phase: 'Running',
      qosClass: 'Burstable',
      podIP: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
        type,
        status: 'True',
        lastProbeTime: null,
        lastTransitionTime: startedAt,
      })),
      containerStatuses: names.map((name) => {
        const id = `containerd://${hex(`${name} ${index}`, 64)}`
        const before = `containerd://${hex(`${name} ${index} before`, 64)}`
        const terminated = { containerID: before, exitCode: 137, reason: 'OOMKilled', startedAt, finishedAt: startedAt }
        const restarted = index % WITH_RESTART === 0
        return {
          name,
          containerID: id,
          image: `registry.example.com/${namespace}/${app}:1.2.3`,
          imageID: `registry.example.com/${namespace}/${app}@sha256:${hex(app, 64)}`,
          ready: true,
          started: true,
          restartCount: restarted ? 1 : 0,
          resources,
          state: { running: { startedAt } },
          lastState: restarted ? { terminated } : {},
        }
      }),
    },
  }
}

function hex(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}

function uidOf(text: string): string {
  return hex(text, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
